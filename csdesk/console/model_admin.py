"""What all lists and forms of the console have in common: rights by ability, every change in the trail."""

from typing import Any, ClassVar

from django import forms
from django.contrib.admin import ModelAdmin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME, AdminForm
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import BadRequest
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from apps.team import trail
from apps.team.abilities import Ability, may
from apps.team.adapter import address_of
from apps.team.models import TrailDetail
from apps.team.setting_fields import plain_name
from csdesk.console.stale import FILLED_FROM, FreshForm
from csdesk.errors import Invalid
from csdesk.texts import in_lines, storable


class NameField(forms.CharField):
    """A name: one line, nothing in it that is not seen (X-4)."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        if text in self.empty_values:
            return text
        _refuse_unstorable(text)
        try:
            return plain_name(text)
        except ValueError as error:
            if not self.required:
                return ""
            raise forms.ValidationError(str(error)) from None


class LinesField(forms.CharField):
    """Some lines of text, without what nobody sees."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        _refuse_unstorable(text)
        return in_lines(text)


def _refuse_unstorable(text: str) -> None:
    """In the words that stand everywhere else (X-4)."""
    try:
        storable(text)
    except Invalid as error:
        raise forms.ValidationError(error.detail) from None


class ConsoleForm(FreshForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)


def without_links(field: forms.Field | None) -> forms.Field | None:
    """A choice of related objects without Django's add, change and view links beside it."""
    if isinstance(getattr(field, "widget", None), RelatedFieldWidgetWrapper):
        field.widget.can_add_related = field.widget.can_change_related = False
        field.widget.can_view_related = field.widget.can_delete_related = False
    return field


class ConsoleAdmin(ModelAdmin):
    """`view_ability` and `edit_ability` decide who; `trail_type` names the thing in the trail."""

    view_ability: ClassVar[Ability]
    edit_ability: ClassVar[Ability]
    trail_type: ClassVar[str]
    # Fields of related tables that may stand in an address as a filter: none unless listed.
    lookups: ClassVar[frozenset[str]] = frozenset()
    form = ConsoleForm
    list_per_page = 50
    show_full_result_count = True
    save_on_top = False
    view_on_site = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may(request.user, self.view_ability)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may(request.user, self.view_ability)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request.user, self.edit_ability)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may(request.user, self.edit_ability)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may(request.user, self.edit_ability)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup in self.lookups

    def snapshot(self, obj: Model) -> dict[str, Any]:
        """The object's state for the trail: before → after, without secrets."""
        fields = (field for field in obj._meta.concrete_fields if field.editable or field.primary_key)
        return {field.name: field.value_from_object(obj) for field in fields}

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model | None:
        found = super().get_object(request, object_id, from_field)
        if found is not None and getattr(request, "console_is_saving", False):
            self.hold(request, found)
            found = super().get_object(request, object_id, from_field)
        if found is not None:
            request.console_before = self.snapshot(found)
        return found

    # --- forms ---

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, **kwargs: Any
    ) -> type[forms.ModelForm]:
        """The form with the fields that are shown: nobody can mend one that is not."""
        form = super().get_form(request, obj, **kwargs)
        # Without `fields` Django asks for all there are, to learn which to show.
        shown = {*(kwargs.get("fields") or form.base_fields), FILLED_FROM}
        hidden = dict.fromkeys(set(form.declared_fields) - shown)
        return type(form.__name__, (form,), hidden) if hidden else form

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """What the form was filled from stands beside its fields (`admin/change_form.html`)."""
        return [name for name in super().get_fields(request, obj) if name != FILLED_FROM]

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> Any:
        request.console_is_saving = request.method == "POST" and object_id is not None
        return super().changeform_view(request, object_id, *args, **kwargs)

    def hold(self, request: HttpRequest, obj: Model) -> None:
        """Hold the row until it is saved: what the form was filled from is compared with it."""
        self.model._base_manager.select_for_update(no_key=True).filter(pk=obj.pk).first()

    def render_change_form(
        self, request: HttpRequest, context: dict, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        is_late = _is_late(context)
        if is_late:
            self._show_theirs(request, context)
        context["unseen_errors"] = _unseen_errors(context["adminform"])
        answer = super().render_change_form(request, context, *args, **kwargs)
        if is_late:
            answer.status_code = 409
        return answer

    def _show_theirs(self, request: HttpRequest, context: dict) -> None:
        """The form anew over what is saved by now, with the changes made here, not saved yet."""
        late, inlines = context["adminform"], context["inline_admin_formsets"]
        obj = self.model._base_manager.get(pk=context["original"].pk)
        form = type(late.form)(instance=obj, initial=late.form.mine())
        fresh = [one.formset.again(obj, one.opts.get_queryset(request)) for one in inlines]
        instances = [one.opts for one in inlines]
        context |= {
            "original": obj,
            "adminform": AdminForm(form, late.fieldsets, {}, late.readonly_fields, model_admin=self),
            "inline_admin_formsets": self.get_inline_formsets(request, fresh, instances, obj),
            "errors": [],
            "is_late": True,
            "theirs": [*late.form.theirs, *(row for one in inlines for row in one.formset.theirs)],
        }

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:
        self._log(request, "added", obj, {"after": self.snapshot(obj)})

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:
        before, after = request.console_before, self.snapshot(self.model._base_manager.get(pk=obj.pk))
        names = [name for name in after if after[name] != before.get(name)]
        if names:
            values = {
                "before": {name: before.get(name) for name in names},
                "after": {name: after[name] for name in names},
            }
            self._log(request, "changed", obj, values)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet) -> None:
        for obj in queryset:
            self._log(request, "deleted", obj, {"before": self.snapshot(obj)})

    def log_deletion(self, request: HttpRequest, obj: Model, object_repr: str) -> None:
        self.log_deletions(request, [obj])

    def _log(self, request: HttpRequest, verb: str, obj: Model, values: dict) -> None:
        trail.append(
            f"{self.trail_type}.{verb}",
            member=request.user,
            address=address_of(request),
            object_type=self.trail_type,
            object_id=obj.pk,
            values=values,
        )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list; what is no number of a row, or a look into what no filter offers, is refused."""
        for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME):
            try:
                self.opts.pk.to_python(chosen)
            except forms.ValidationError:
                raise BadRequest("no number of a row") from None
        try:
            return super().changelist_view(request, extra_context)
        except DisallowedModelAdminLookup as error:
            # The caller's mistake as any other: a line in the log, nothing that asks for somebody's care.
            raise BadRequest(str(error)) from None

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """What the trail says of this object, newest first."""
        obj = self.get_object(request, object_id)
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_change_permission(request, obj):
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        entries = (
            TrailDetail.objects.select_related("entry")
            .filter(entry__object_type=self.trail_type, entry__object_id=str(obj.pk))
            .order_by("-entry__number")[:200]
        )
        context = {
            **self.admin_site.each_context(request),
            "title": _("History: %s") % obj,
            "object": obj,
            "opts": self.opts,
            "entries": entries,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "console/history.html", context)


def _is_late(context: dict) -> bool:
    """Whether nothing else is wrong with the form than that somebody was first."""
    form, rows = context["adminform"].form, [one.formset for one in context["inline_admin_formsets"]]
    late = any(getattr(one, "is_late", False) for one in (form, *rows))
    return late and (form.is_late or not form.errors)


def _unseen_errors(adminform: AdminForm) -> list[dict[str, Any]]:
    """What is wrong with fields that the page does not show."""
    form = adminform.form
    shown = set(flatten_fieldsets(adminform.fieldsets)) - set(adminform.readonly_fields)
    return [
        {"label": form.fields[name].label or name, "errors": errors}
        for name, errors in form.errors.items()
        if name in form.fields and (name not in shown or form[name].is_hidden)
    ]
