"""API credentials in the console (T-10, X-9): what programs sign with, shown once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.team import credentials
from apps.team.abilities import Ability
from apps.team.adapter import address_of
from apps.team.admin.asking import Choice, Question, ask
from apps.team.admin.credential_form import CredentialForm
from apps.team.admin.row_acts import RowAct, row_acts
from apps.team.models import ApiCredential
from csdesk import clock
from csdesk.console import site
from csdesk.console.model_admin import ConsoleAdmin

NAME = "admin:team_apicredential"


@admin.register(ApiCredential, site=site)
class CredentialAdmin(ConsoleAdmin):
    """Nothing is deleted here: what a program has done stays readable under its name."""

    view_ability = edit_ability = Ability.MANAGE_CREDENTIALS
    trail_type = "credential"
    form = CredentialForm
    list_display = ("name", "shown_id", "state", "may_do", "from_where", "until", "last_used", "acts")
    list_display_links = ("name",)
    search_fields = ("name", "=secret_id")
    search_help_text = gettext_lazy("Purpose or SecretId")
    ordering = ("name", "pk")
    actions = None
    change_form_template = "console/credential_form.html"
    readonly_fields = ("shown_id", "state", "keys", "last_used", "made")

    class Media:
        css = {"all": ("console/credentials.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiCredential]:
        return super().get_queryset(request).select_related("made_by")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # --- the list ---

    @admin.display(description="SecretId")
    def shown_id(self, credential: ApiCredential) -> str:
        return format_html('<code class="secret-id">{}</code>', credential.secret_id)

    @admin.display(description=gettext_lazy("state"))
    def state(self, credential: ApiCredential) -> str:
        return format_html('<span class="tag {}">{}</span>', *_state(credential))

    @admin.display(description=gettext_lazy("allowed actions"))
    def may_do(self, credential: ApiCredential) -> str:
        there = set(credential.actions)
        if there == credentials.KNOWN_ACTIONS:
            return _("All")
        areas = [str(label) for label, names in credentials.ACTIONS.values() if there & set(names)]
        count = ngettext("%(count)s action", "%(count)s actions", len(there)) % {"count": len(there)}
        return format_html('{} <span class="faint">{}</span>', count, ", ".join(areas))

    @admin.display(description=gettext_lazy("allowed networks"))
    def from_where(self, credential: ApiCredential) -> str:
        if not credential.networks:
            return _("everywhere")
        more = len(credential.networks) - 2
        shown = ", ".join(credential.networks[:2])
        return f"{shown} +{more}" if more > 0 else shown

    @admin.display(description=gettext_lazy("valid until"), ordering="ends_at")
    def until(self, credential: ApiCredential) -> str:
        if credential.ends_at is None:
            return "–"
        return timezone.localtime(credential.ends_at - timedelta(seconds=1)).strftime("%Y-%m-%d")

    @admin.display(description=gettext_lazy("last used"), ordering="used_at")
    def last_used(self, credential: ApiCredential) -> str:
        if credential.used_at is None:
            return _("never")
        return format_html(
            '{} <span class="faint">{}</span>', _time(credential.used_at), credential.used_from
        )

    @admin.display(description=gettext_lazy("actions"))
    def acts(self, credential: ApiCredential) -> str:
        def to(name: str) -> str:
            return reverse(f"{NAME}_{name}", args=[credential.pk])

        off = credential.disabled_at is not None
        why_not = _("It is disabled: enable it first.") if off else ""
        return row_acts(
            [
                RowAct(_("Edit"), to("change")),
                RowAct(_("New key"), to("rotate"), why_not),
                RowAct(_("Enable"), to("enable")) if off else RowAct(_("Disable"), to("disable")),
            ],
            credential,
        )

    # --- the form ---

    @admin.display(description="SecretKey")
    def keys(self, credential: ApiCredential) -> str:
        words = _("Shown when it is made, and never again.")
        if credential.former_ends_at and credential.former_ends_at > clock.now():
            address = reverse(f"{NAME}_end_former", args=[credential.pk])
            until = _("The former one counts until %(time)s.") % {"time": _time(credential.former_ends_at)}
            return format_html(
                '{} {} <a class="button small" href="{}">{}</a>', words, until, address, _("End it now")
            )
        return words

    @admin.display(description=gettext_lazy("made"))
    def made(self, credential: ApiCredential) -> str:
        who = credential.made_by.nickname if credential.made_by else "–"
        words = _("%(time)s by %(name)s") % {"time": _time(credential.made_at), "name": who}
        if credential.rotated_at:
            words += " · " + _("key changed %(time)s") % {"time": _time(credential.rotated_at)}
        return words

    def get_fieldsets(self, request: HttpRequest, obj: ApiCredential | None = None) -> list:
        from apps.team import sign_in

        confirmation = () if sign_in.is_confirmed(request.session) else ("confirmation",)
        there = ("shown_id", "keys", "state", "last_used", "made") if obj else ()
        limits = ("networks", "ends_at", "manages_administrators", "takes_older_signatures")
        return [
            (None, {"fields": ("name", *there)}),
            (_("What it may do"), {"fields": ("actions",)}),
            (_("Limits"), {"fields": (*limits, *confirmation)}),
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> type[CredentialForm]:
        form = super().get_form(request, obj, **kwargs)
        return type("CredentialFormOfActor", (form,), {"request": request})

    def save_model(
        self, request: HttpRequest, obj: ApiCredential, form: CredentialForm, change: bool
    ) -> None:
        who = (request.user, address_of(request))
        if change:
            values = {name: form.cleaned_data[name] for name in credentials.FIELDS}
            credentials.change(obj.pk, values, who[0], address=who[1])
        else:
            request.made_pair = credentials.add(obj, who[0], address=who[1])

    def log_addition(self, request: HttpRequest, obj: ApiCredential, message: Any) -> None:
        """`credentials.add` has written the entry."""

    def log_change(self, request: HttpRequest, obj: ApiCredential, message: Any) -> None:
        """`credentials.change` has written the entry."""

    def snapshot(self, obj: ApiCredential) -> dict[str, Any]:
        return credentials.snapshot(obj)

    def response_add(self, request: HttpRequest, obj: ApiCredential, post_url_continue: Any = None) -> Any:
        return self._shown(request, obj, request.made_pair, _("Made: copy the pair now"))

    def render_change_form(self, request: HttpRequest, context: dict, *args: Any, **kwargs: Any) -> Any:
        # What was made is shown on a page of its own: there is no going straight to the next one.
        context["show_save_and_add_another"] = False
        return super().render_change_form(request, context, *args, **kwargs)

    def _shown(
        self, request: HttpRequest, credential: ApiCredential, pair: credentials.Pair, title: str
    ) -> HttpResponse:
        """The one time that a SecretKey is shown; the console lets nothing of its pages be kept anywhere."""
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "credential": credential,
            "pair": pair,
            "back": reverse(f"{NAME}_changelist"),
        }
        return TemplateResponse(request, "console/credential_shown.html", context)

    # --- acts ---

    def get_urls(self) -> list:
        acts = {
            "rotate": self.rotate,
            "disable": partial(self.switch, on=False),
            "enable": partial(self.switch, on=True),
            "end_former": self.end_former,
        }
        own = [
            path(
                f"<int:pk>/{name.replace('_', '-')}/",
                self.admin_site.admin_view(act),
                name=f"team_apicredential_{name}",
            )
            for name, act in acts.items()
        ]
        return [*own, *super().get_urls()]

    def rotate(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Another key for the same SecretId."""
        credential = self._found(request, pk)
        question = Question(
            _("New key"),
            credential,
            reverse(f"{NAME}_change", args=[pk]),
            [_("The SecretId stays. Put the new SecretKey into your program before the former one ends.")],
            _("Make a new key"),
            choices=[
                Choice("keep", _("The former key counts"), [(str(s), str(w)) for s, w in _KEEP.items()])
            ],
        )

        def act(chosen: dict[str, str]) -> HttpResponse:
            keep = timedelta(seconds=int(chosen["keep"]))
            pair = credentials.rotate(pk, keep, request.user, address=address_of(request))
            return self._shown(request, credential, pair, _("Made: copy the new key now"))

        return ask(self, request, question, act)

    def switch(self, request: HttpRequest, pk: int, *, on: bool) -> HttpResponse:
        """Disable it, or enable it again."""
        credential = self._found(request, pk)
        words = (
            _("Calls that are signed with it are taken again.")
            if on
            else _("Calls that are signed with it are refused at once. It can be enabled again.")
        )
        title = _("Enable") if on else _("Disable")
        back = reverse(f"{NAME}_changelist")
        question = Question(title, credential, back, [words], title, is_danger=not on)
        act = partial(credentials.switch, pk, request.user, on=on, address=address_of(request))
        done = _("Enabled: %(name)s") if on else _("Disabled: %(name)s")
        return ask(self, request, question, _telling(request, act, done % {"name": credential.name}))

    def end_former(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The former key ends before its time."""
        credential = self._found(request, pk)
        question = Question(
            _("End the former key"),
            credential,
            reverse(f"{NAME}_change", args=[pk]),
            [_("Calls that are still signed with the former key are refused at once.")],
            _("End it now"),
            is_danger=True,
        )
        act = partial(credentials.end_former, pk, request.user, address=address_of(request))
        return ask(self, request, question, _telling(request, act, _("The former key has ended.")))

    def _found(self, request: HttpRequest, pk: int) -> ApiCredential:
        credential = self.get_object(request, str(pk))
        if credential is None or not self.has_change_permission(request, credential):
            raise PermissionDenied
        return credential


_KEEP = {
    86_400: gettext_lazy("one more day"),
    3_600: gettext_lazy("one more hour"),
    7 * 86_400: gettext_lazy("one more week"),
    0: gettext_lazy("no more, from now on"),
}


def _telling(request: HttpRequest, act: Callable[[], object], done: str) -> Callable:
    def tell(chosen: dict[str, str]) -> None:
        act()
        messages.success(request, done)

    return tell


def _state(credential: ApiCredential) -> tuple[str, str]:
    """Colour and word."""
    if credential.disabled_at:
        return "", _("Disabled")
    if credential.ends_at and credential.ends_at <= clock.now():
        return "late", _("Ended")
    return "ok", _("Active")


def _time(moment: Any) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M")
