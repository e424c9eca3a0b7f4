"""What the team notes of a customer: remark, tags, attributes (D-9, S-13)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from apps.sessions import tags
from apps.sessions.masking import Contact, contact_of, masked_text
from apps.sessions.models import Customer
from apps.sessions.permissions import customers_visible_to
from apps.team import trail
from apps.team.models import Member
from csdesk.errors import Invalid, NotFound, WrongState
from csdesk.texts import in_lines, in_one_line, says_something

CHANGED = "customer.changed"
LONGEST_REMARK = 2_000
MOST_ATTRIBUTES, LONGEST_NAME, LONGEST_VALUE = 20, 40, 500


class InvalidField(Invalid):
    """A value that cannot be kept; `field` says which: `remark`, `tags` or `attributes`."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail, field=field)
        self.field = field


def version(customer: Customer) -> str:
    """A mark of what is noted now; a form sends it back, so that nobody writes over what they never saw."""
    labels = sorted(customer.labels.values_list("tag_id", flat=True))
    text = json.dumps([customer.remark, customer.attributes, labels], sort_keys=True)
    # With our key: else who sees a number masked could try which digits give this mark.
    return salted_hmac("version of a customer's profile", text, algorithm="sha256").hexdigest()[:16]


def change(
    member: Member,
    customer_id: UUID,
    *,
    remark: str,
    tag_ids: Iterable[int],
    attributes: Iterable[tuple[str, str]],
    seen: str,
    address: str = "",
) -> Customer:
    """Note these of a customer whom the member may see, with an entry in the trail (T-11).

    `attributes` are pairs of name and value; a pair without any is left out. What the member sees masked
    stays what it is where they send it back as they see it (T-9). NotFound, InvalidField;
    WrongState when somebody has changed them since `seen`, the `version` that the form was filled from.
    """
    with transaction.atomic():
        visible = customers_visible_to(member).filter(id=customer_id).values("id")
        customer = Customer.objects.select_for_update(no_key=True).filter(id__in=visible).first()
        if customer is None:
            raise NotFound(_("There is no such customer, or you may not see them."))
        if seen != version(customer):
            raise WrongState(_("A colleague has changed this customer meanwhile. Look at theirs first."))
        before = _noted(customer)
        contact = contact_of(member, customer)
        customer.remark = _remark(_whole(contact, customer.remark, remark, "remark"))
        customer.attributes = _attributes(_whole_pairs(contact, customer.attributes, attributes))
        customer.save(update_fields=["remark", "attributes"])
        try:
            names_before, names_after = tags.tag_customer(member, customer, tag_ids)
        except Invalid as error:
            raise InvalidField("tags", error.detail) from None
        after = _noted(customer) | {"tags": names_after}
        _log(member, customer, before | {"tags": names_before}, after, address)
    return customer


def _whole(contact: Contact, kept: str, given: str, field: str, name: str = "") -> str:
    """What was sent with its masked parts in full."""
    try:
        # Browsers send lines as CR LF.
        return contact.restored(given.replace("\r\n", "\n"), kept, name)
    except ValueError:
        raise _unseen(field, given) from None


def _whole_pairs(
    contact: Contact, kept: Mapping[str, str], given: Iterable[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """The same for attributes: what is masked keeps its name, for the name decides what is masked."""
    masked = {shown for name in kept if (shown := contact.value(name, kept[name])) != kept[name]}
    for typed, value in given:
        name = typed.strip()
        if name not in kept and value.strip() in masked:
            raise _unseen("attributes", value)
        yield name, _whole(contact, kept.get(name, ""), value, "attributes", name)


def _unseen(field: str, value: str) -> InvalidField:
    words = _(
        "You do not see “%(value)s” in full: nothing can be written right beside it, and its name stays."
    )
    return InvalidField(field, words % {"value": value[:30]})


def _remark(text: str) -> str:
    try:
        remark = in_lines(text)
    except Invalid as error:
        raise InvalidField("remark", error.detail) from None
    if len(remark) > LONGEST_REMARK:
        raise InvalidField("remark", _("At most %(most)s characters.") % {"most": LONGEST_REMARK})
    return remark


def _attributes(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    try:
        cleaned = [(in_one_line(name), in_lines(value)) for name, value in pairs]
    except Invalid as error:
        raise InvalidField("attributes", error.detail) from None
    found: dict[str, str] = {}
    for name, value in cleaned:
        if not name and not value:
            continue
        if not says_something(name):
            raise InvalidField("attributes", _("“%(value)s” needs a name.") % {"value": value[:30]})
        if len(name) > LONGEST_NAME or len(value) > LONGEST_VALUE:
            raise InvalidField(
                "attributes",
                _("“%(name)s” is too long: at most %(names)s characters in a name, %(values)s in a value.")
                % {"name": name[:30], "names": LONGEST_NAME, "values": LONGEST_VALUE},
            )
        if name.casefold() in {known.casefold() for known in found}:
            raise InvalidField("attributes", _("“%(name)s” stands here twice.") % {"name": name})
        found[name] = value
    if len(found) > MOST_ATTRIBUTES:
        raise InvalidField("attributes", _("At most %(most)s attributes.") % {"most": MOST_ATTRIBUTES})
    return found


def _noted(customer: Customer) -> dict:
    return {"remark": customer.remark, "attributes": dict(customer.attributes)}


def _masked(noted: Mapping) -> dict:
    """The same for the trail: without phone numbers and e-mails, which it would outlive."""
    attributes = {name: masked_text(value) for name, value in noted["attributes"].items()}
    return dict(noted) | {"remark": masked_text(noted["remark"]), "attributes": attributes}


def _log(member: Member, customer: Customer, before: Mapping, after: Mapping, address: str) -> None:
    names = [name for name in after if before[name] != after[name]]
    if not names:
        return
    before, after = _masked(before), _masked(after)
    trail.append(
        CHANGED,
        member=member,
        address=address,
        object_type="customer",
        object_id=customer.id,
        values={
            "before": {name: before[name] for name in names},
            "after": {name: after[name] for name in names},
        },
    )
