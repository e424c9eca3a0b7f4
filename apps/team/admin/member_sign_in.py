"""How one member signs in, for administrators: an address that works once, and what is lost taken away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from apps.team import phone_binding, phones, second_factor, sign_in_links
from apps.team.abilities import Ability, may, may_edit, may_reset_password
from apps.team.adapter import address_of
from apps.team.admin.asking import Question, ask
from apps.team.models import Member, Role
from apps.team.security_views import sign_ins_of

_SHOWN = 20


def urls(admin: ModelAdmin) -> list:
    """The member's page and the three questions behind its buttons."""

    def page(address: str, view: Callable, name: str) -> object:
        def shown(request: HttpRequest, member_id: int) -> HttpResponse:
            return view(admin, request, _member(request, member_id))

        return path(address, admin.admin_site.admin_view(shown), name=name)

    return [
        page("member/<int:member_id>/", _overview, "team_member_sign_in"),
        page("member/<int:member_id>/link/", _make_link, "team_member_sign_in_link"),
        page("member/<int:member_id>/second-factor/", _second_factor_off, "team_member_second_factor"),
        page("member/<int:member_id>/phone/", _phone_off, "team_member_phone"),
    ]


def _member(request: HttpRequest, member_id: int) -> Member:
    if not may(request.user, Ability.MANAGE_MEMBERS):
        raise PermissionDenied
    member = Member.objects.present().filter(pk=member_id).first()
    if member is None:
        raise Http404
    return member


@dataclass(frozen=True)
class Fact:
    """One line of the page; `why_not` says why its button can't be pressed."""

    label: str
    words: str
    button: str = ""
    address: str = ""
    why_not: str = ""


def _overview(admin: ModelAdmin, request: HttpRequest, member: Member) -> HttpResponse:
    context = {
        **admin.admin_site.each_context(request),
        "title": _("Signing in"),
        "opts": admin.opts,
        "member": member,
        "may_edit": may_edit(request.user, member),
        "facts": [_link_fact(request.user, member), *_factor_facts(request.user, member)],
        "sign_ins": sign_ins_of(member)[:_SHOWN],
    }
    return TemplateResponse(request, "console/member_sign_in.html", context)


def _link_fact(actor: Member, member: Member) -> Fact:
    words = _("Signs in once, without the password: for a member whose e-mail does not arrive.")
    why_not = _why_not(actor, member)
    if not why_not and not member.is_active:
        why_not = _("This member is offline by force: restore them first.")
    address = reverse("admin:team_member_sign_in_link", args=[member.pk])
    return Fact(_("Address for one sign-in"), words, _("Make an address"), address, why_not)


def _factor_facts(actor: Member, member: Member) -> list[Fact]:
    why_not = _why_not(actor, member)
    phone = reverse("admin:team_member_phone", args=[member.pk])
    factor = reverse("admin:team_member_second_factor", args=[member.pk])
    has_factor = second_factor.is_on(member)
    return [
        Fact(
            _("Phone number"),
            phones.masked(member.bound_phone) or _("None is bound."),
            _("Remove") if member.bound_phone else "",
            phone,
            why_not,
        ),
        Fact(
            _("Second factor"),
            _("Turned on") if has_factor else _("Turned off"),
            _("Turn off") if has_factor else "",
            factor,
            why_not,
        ),
    ]


def _why_not(actor: Member, member: Member) -> str:
    if member.pk == actor.pk:
        return _("Your own is on your page “Sign-in and security”.")
    if member.role == Role.SUPER:
        return _("Nobody else changes how the super administrator signs in.")
    return "" if may_reset_password(actor, member) else _("You can't change how this member signs in.")


def _make_link(admin: ModelAdmin, request: HttpRequest, member: Member) -> HttpResponse:
    _expect(_link_fact(request.user, member))

    def make(_chosen: dict) -> HttpResponse:
        made = sign_in_links.make(member, actor=request.user, address=address_of(request))
        context = {
            **admin.admin_site.each_context(request),
            "title": _("Address for one sign-in"),
            "opts": admin.opts,
            "member": member,
            "made": made,
            "minutes": int(sign_in_links.LASTS.total_seconds() // 60),
            "back": _back(member),
        }
        answer = TemplateResponse(request, "console/sign_in_link_made.html", context)
        answer["Cache-Control"] = "no-store"
        return answer

    words = [
        _("Whoever has the address becomes this member, once. Send it to nobody else."),
        _("An address made earlier and not used yet ends. What you do here is in the access log."),
    ]
    question = Question(
        _("Address for one sign-in"), member.nickname, _back(member), words, _("Make an address")
    )
    return ask(admin, request, question, make)


def _second_factor_off(admin: ModelAdmin, request: HttpRequest, member: Member) -> HttpResponse:
    _expect(_factor_facts(request.user, member)[1])
    words = [_("For a member who has lost phone and recovery codes. They are signed out.")]
    if second_factor.is_required(member):
        words.append(_("Their role needs one: they set up another at the next sign-in."))
    question = Question(
        _("Turn off the second factor"), member.nickname, _back(member), words, _("Turn off"), is_danger=True
    )
    who, address = request.user, address_of(request)
    return ask(admin, request, question, lambda _chosen: second_factor.turn_off(member, who, address=address))


def _phone_off(admin: ModelAdmin, request: HttpRequest, member: Member) -> HttpResponse:
    _expect(_factor_facts(request.user, member)[0])
    words = [_("The number signs in no more. The member may bind another.")]
    question = Question(
        _("Remove the phone number"), member.nickname, _back(member), words, _("Remove"), is_danger=True
    )
    who, address = request.user, address_of(request)
    return ask(admin, request, question, lambda _chosen: phone_binding.unbind(member, who, address=address))


def _back(member: Member) -> str:
    return reverse("admin:team_member_sign_in", args=[member.pk])


def _expect(fact: Fact) -> None:
    if fact.why_not:
        raise PermissionDenied
