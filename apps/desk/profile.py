"""What the workbench's right column shows: the customer's card, the session's data, earlier sessions."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Max, OuterRef, Subquery
from django.urls import reverse
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from apps.sessions import blacklist, masking, pre_chat, reply_variables, tags
from apps.sessions.frames import time_of
from apps.sessions.masking import Contact, readable
from apps.sessions.models import BlacklistState, ChatSession, Customer, ServiceRecord
from apps.sessions.permissions import Scope
from apps.team.models import Member

EARLIER = 50


def profile(member: Member, session: ChatSession) -> dict:
    """`{customer, standing, is_claimed, tags, blacklist, pages, data, earlier, variables, record}`:
    labels with values, newest sessions first.

    `variables` fill the gaps of quick replies; `pages` are where the customer is read, edited and barred.
    """
    scope = Scope(member)
    shown = masking.contact(session.customer, is_masked=not scope.may_see_unmasked)
    return {
        "customer": _filled(_customer_rows(session.customer, shown)),
        "standing": _standing(session.customer),
        "is_claimed": session.customer.profile_is_claimed,
        "tags": _tags(session.customer),
        "blacklist": _blacklisted(session.customer),
        "pages": _pages(scope, session.customer),
        "data": _data(session, shown),
        "earlier": [_earlier(found) for found in earlier_sessions(scope, session)],
        "variables": _variables(session, shown),
        "record": _record(scope, session),
    }


def _tags(customer: Customer) -> list[dict]:
    found = tags.of_customers([customer.id]).get(customer.id, [])
    return [{"name": tag.name, "tone": tag.colour, "past": not tag.is_active} for tag in found]


def _blacklisted(customer: Customer) -> str:
    """`active`, `proposed` or "": how the customer stands on the blacklist (S-14)."""
    states = set(blacklist.about(customer).values_list("state", flat=True))
    return next((state for state in (BlacklistState.ACTIVE, BlacklistState.PROPOSED) if state in states), "")


def _pages(scope: Scope, customer: Customer) -> dict | None:
    """Addresses of the customer's pages; None where the member may not see the customer."""
    if not scope.customers.filter(id=customer.id).exists():
        return None
    names = {"profile": "customer", "edit": "customer_edit", "bar": "customer_bar"}
    return {name: reverse(page, args=[customer.id]) for name, page in names.items()}


def _record(scope: Scope, session: ChatSession) -> dict | None:
    """Where the session's newest record that the member may see is read and saved."""
    record = scope.records.filter(session_id=session.id).order_by("-number").first()
    if record is None:
        return None
    text = reverse("record_txt", args=[record.pk]) if scope.may_download(record) else ""
    return {"url": reverse("record", args=[record.pk]), "text_url": text}


def _standing(customer: Customer) -> str:
    """Who they are (X-4): `known` by a signature over their user id, `claimed` by the page alone, or "".

    What the page has told beside a signature is unverified all the same: `is_claimed`.
    """
    if customer.user_id:
        return "known"
    return "claimed" if customer.profile_is_claimed else ""


def _variables(session: ChatSession, shown: Contact) -> dict[str, str]:
    """Values by name; what the flow has found out goes before what the app has told."""
    told = {name: readable(value) for name, value in _plain(shown.told(session.customer.client_data)).items()}
    found_out = pre_chat.answers(session.channel, _plain(session.variables), shown)
    return reply_variables.values(session, told | found_out)


def _plain(values: dict) -> dict:
    """Without lists and objects, which no reply can quote."""
    return {name: value for name, value in values.items() if not isinstance(value, dict | list)}


def _filled(rows: list[tuple[str, object]]) -> list[dict]:
    """Rows with something in them. Times go as ms: the reader's browser knows their time zone."""
    found = [(label, value if isinstance(value, datetime) else readable(value)) for label, value in rows]
    return [_row(label, value) for label, value in found if value]


def _row(label: str, value: datetime | str) -> dict:
    if isinstance(value, datetime):
        return {"label": str(label), "time": time_of(value)}
    return {"label": str(label), "value": value}


def _customer_rows(customer: Customer, shown: Contact) -> list[tuple[str, object]]:
    return [
        (_("Phone"), shown.phone),
        (_("E-mail"), shown.email),
        (_("User ID"), customer.user_id),
        *_visits(customer),
        *shown.told(customer.attributes).items(),
        (_("Remark"), shown.text(customer.remark)),
    ]


def _visits(customer: Customer) -> list[tuple[str, object]]:
    """How often they were here, and when last before the newest time."""
    engaged = ChatSession.objects.filter(customer=customer, engaged_at__isnull=False, deleted_at__isnull=True)
    newest = engaged.order_by("-started_at").values("id")[:1]
    found = engaged.aggregate(count=Count("id"))["count"]
    last = engaged.exclude(id__in=newest).aggregate(last=Max("started_at"))["last"]
    if last is None:
        return [(_("Visits"), _("First time"))]
    return [(_("Visits"), found), (_("Last visit"), last)]


def _data(session: ChatSession, shown: Contact) -> list[dict]:
    customer = session.customer
    visit = [
        (_("Page"), session.source_page or customer.page),
        (_("Referrer"), customer.referrer),
        (_("Language"), language_name(session.language or customer.language)),
        (_("Browser"), customer.browser),
        (_("Address"), customer.address),
        (_("First seen"), customer.first_seen_at),
    ]
    flow = pre_chat.labelled(session.channel, session.variables, shown)
    return [
        {"title": _("Service flow"), "rows": _filled(flow)},
        {"title": _told_by(customer), "rows": _filled(list(shown.told(customer.client_data).items()))},
        {"title": _("Visit"), "rows": _filled(visit)},
    ]


def _told_by(customer: Customer) -> str:
    return _("From the page, unverified") if customer.profile_is_claimed else _("From the app")


def language_name(code: str) -> str:
    """A language as its speakers write it; the code itself where it is not known."""
    try:
        return get_language_info(code)["name_local"] if code else ""
    except KeyError:
        return code


def earlier_sessions(scope: Scope, session: ChatSession) -> list[ChatSession]:
    """The customer's sessions before this one that the member may see, newest first, with a record."""
    record = scope.records.filter(session_id=OuterRef("id")).order_by("number")
    agent = ServiceRecord.objects.filter(session_id=OuterRef("id"), agent__isnull=False).order_by("-number")
    found = scope.sessions.filter(
        customer_id=session.customer_id, id__lt=session.id, engaged_at__isnull=False
    )
    found = found.annotate(
        record_to_open=Subquery(record.values("id")[:1]),
        served_by=Subquery(agent.values("agent__nickname")[:1]),
    )
    return list(found.order_by("-id")[:EARLIER])


def _earlier(session: ChatSession) -> dict:
    return {
        "session": str(session.id),
        "started": time_of(session.started_at),
        "agent": session.served_by or "",
        "status_label": session.get_status_display(),
        "last": session.last_text,
        "record_url": reverse("record", args=[session.record_to_open]) if session.record_to_open else "",
    }
