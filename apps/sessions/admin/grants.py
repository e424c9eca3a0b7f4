"""What members and groups may read and do beyond their role, in the console (T-9)."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.sessions.models import Channel, SummaryCategory, Tag
from apps.team import sign_in
from apps.team.abilities import Ability
from apps.team.admin.confirmation import ConfirmedForm
from apps.team.grant_models import Grant
from apps.team.grants import LISTS
from apps.team.models import Member, Role, SkillGroup
from csdesk import clock
from csdesk.console import site
from csdesk.console.model_admin import ConsoleAdmin

MEMBER, GROUP = "member", "group"
FLAGS = ("may_export", "may_see_unmasked")


class Picks(forms.CheckboxSelectMultiple):
    """Boxes to tick; a long list scrolls."""

    template_name = "console/picks.html"


class GrantForm(ConfirmedForm):
    confirmation_help = gettext_lazy("You signed in a while ago: needed to change grants.")
    # A grant is changed as a whole: see `seen`.
    is_compared = False
    holder = forms.ChoiceField(label=gettext_lazy("For whom"), widget=forms.Select(attrs={"dir": "auto"}))
    channels = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Channels"), coerce=int, required=False, widget=Picks
    )
    groups = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Groups"), coerce=int, required=False, widget=Picks
    )
    tags = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Tags"), coerce=int, required=False, widget=Picks
    )
    categories = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Summary categories"),
        coerce=int,
        required=False,
        widget=Picks,
        help_text=gettext_lazy("A category takes those within it along."),
    )
    # When the form was filled: whoever saves later is told.
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Grant
        fields: ClassVar = [*LISTS, *FLAGS]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = choices_of_lists()
        for name in LISTS:
            if name in self.fields:
                self.fields[name].choices = list(choices[name].items())
        if "holder" in self.fields:
            self.fields["holder"].choices = _holders()
        if "seen" in self.fields and self.instance.pk:
            self.initial["seen"] = self.instance.changed_at.isoformat()

    def clean_holder(self) -> str:
        """Once for each; the one is held, so that two who add at once do not both find nothing."""
        kind, _colon, number = self.cleaned_data["holder"].partition(":")
        model = Member if kind == MEMBER else SkillGroup
        held = model.objects.present().select_for_update(of=("self",)).filter(pk=number).first()
        if held is None:
            raise forms.ValidationError(_("Choose one of the list."))
        if Grant.objects.filter(**{kind: held}).exists():
            raise forms.ValidationError(_("There is a grant for this one already; change that one."))
        setattr(self.instance, kind, held)
        return self.cleaned_data["holder"]

    def clean(self) -> dict:
        cleaned = super().clean()
        if self.errors:
            return cleaned
        now = Grant.objects.select_for_update(of=("self",)).filter(pk=self.instance.pk).first()
        if self.instance.pk and (now is None or now.changed_at.isoformat() != cleaned.get("seen")):
            raise forms.ValidationError(
                _("Somebody else has changed this grant meanwhile. Load theirs first.")
            )
        if not any(cleaned.get(name) for name in (*LISTS, *FLAGS)):
            raise forms.ValidationError(_("Choose what is granted, or delete the grant."))
        self.confirm(cleaned)
        return cleaned


def choices_of_lists() -> dict[str, dict[int, str]]:
    """What each list of a grant can name: id → name."""
    groups = SkillGroup.objects.order_by("deleted_at", "name")
    deleted = _("%(name)s (deleted)")
    # Several channels of one business often have one name.
    channels = {
        one.pk: f"{one.name} · {one.get_kind_display()}" for one in Channel.objects.order_by("name", "pk")
    }
    return {
        "channels": channels,
        "groups": {one.pk: deleted % {"name": one.name} if one.deleted_at else one.name for one in groups},
        "tags": {one.pk: one.name for one in Tag.objects.order_by("name")},
        "categories": _category_paths(),
    }


def _category_paths() -> dict[int, str]:
    """Each category with the way to it, in the order of the tree."""
    children: dict[int | None, list[SummaryCategory]] = {}
    for one in SummaryCategory.objects.order_by("position", "id"):
        children.setdefault(one.parent_id, []).append(one)
    found: dict[int, str] = {}

    def walk(parent: int | None, way: str) -> None:
        for one in children.get(parent, ()):
            found[one.pk] = f"{way}{one.name}"
            walk(one.pk, f"{way}{one.name} / ")

    walk(None, "")
    return found


def _holders() -> list:
    """Groups first; administrators see and do all of it anyway."""
    groups = [(f"{GROUP}:{one.pk}", one.name) for one in SkillGroup.objects.present()]
    members = Member.objects.present().filter(role__in=[Role.SUPERVISOR, Role.AGENT])
    people = [
        (f"{MEMBER}:{one.pk}", f"{one.nickname} · {one.staff_no}")
        for one in members.order_by("nickname", "pk")
    ]
    return [("", "–"), (_("Groups"), groups), (_("Members"), people)]


@admin.register(Grant, site=site)
class GrantAdmin(ConsoleAdmin):
    view_ability = edit_ability = Ability.MANAGE_GRANTS
    trail_type = "grant"
    form = GrantForm
    list_display = ("holder", "kind", "readable", "allowed")
    list_display_links = ("holder",)
    search_fields = ("member__nickname", "member__account", "group__name")
    search_help_text = gettext_lazy("Member or group")
    ordering = ("-changed_at",)
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Grant]:
        there = super().get_queryset(request).select_related("member", "group")
        return there.exclude(member__deleted_at__isnull=False).exclude(group__deleted_at__isnull=False)

    def get_form(self, request: HttpRequest, obj: Grant | None = None, **kwargs: Any) -> type[GrantForm]:
        form = super().get_form(request, obj, **kwargs)
        return type("GrantFormOfActor", (form,), {"request": request} | ({"holder": None} if obj else {}))

    def get_fieldsets(self, request: HttpRequest, obj: Grant | None = None) -> list:
        first = ["seen"] if obj else ["holder"]
        last = [] if sign_in.is_confirmed(request.session) else [(None, {"fields": ["confirmation"]})]
        reading = _("Every record that one of these names, beside those their role gives.")
        return [
            *([] if obj else [(None, {"fields": first})]),
            (_("May read"), {"description": reading, "fields": [*LISTS, *(first if obj else [])]}),
            (_("May do"), {"fields": FLAGS}),
            *last,
        ]

    @admin.display(description=gettext_lazy("for whom"))
    def holder(self, grant: Grant) -> str:
        return str(grant)

    @admin.display(description=gettext_lazy("kind"))
    def kind(self, grant: Grant) -> str:
        return _("Member") if grant.member_id else _("Group")

    @admin.display(description=gettext_lazy("may read"))
    def readable(self, grant: Grant) -> str:
        return ", ".join(filter(None, (_counted(name, len(getattr(grant, name))) for name in LISTS))) or "–"

    @admin.display(description=gettext_lazy("may do"))
    def allowed(self, grant: Grant) -> str:
        words = {"may_export": _("export"), "may_see_unmasked": _("contacts in full")}
        return ", ".join(words[name] for name in FLAGS if getattr(grant, name)) or "–"

    def save_model(self, request: HttpRequest, obj: Grant, form: GrantForm, change: bool) -> None:
        obj.changed_at = clock.now()
        super().save_model(request, obj, form, change)

    def snapshot(self, obj: Grant) -> dict:
        """In names: the trail is read by people, long after."""
        choices = choices_of_lists()
        lists = {name: [choices[name].get(one, str(one)) for one in getattr(obj, name)] for name in LISTS}
        return {"for": str(obj), **lists, **{name: getattr(obj, name) for name in FLAGS}}


def _counted(name: str, count: int) -> str:
    if not count:
        return ""
    words = {
        "channels": ngettext("%(count)s channel", "%(count)s channels", count),
        "groups": ngettext("%(count)s group", "%(count)s groups", count),
        "tags": ngettext("%(count)s tag", "%(count)s tags", count),
        "categories": ngettext("%(count)s category", "%(count)s categories", count),
    }
    return words[name] % {"count": count}
