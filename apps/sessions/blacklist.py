"""The blacklist (S-14): who is not served, by whose decision, until when.

What happens to the sessions of somebody newly on it is `routing.barring`'s, which also calls this when a
session opens.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.sessions import networks
from apps.sessions.blacklist_settings import BlacklistSettings
from apps.sessions.masking import masked_text
from apps.sessions.models import BlacklistEntry, BlacklistState, Customer
from apps.sessions.permissions import customers_visible_to
from apps.team import business, trail
from apps.team.models import Member, Role
from csdesk import clock
from csdesk.errors import DomainError, Invalid, NotAllowed, NotFound, WrongState
from csdesk.texts import in_one_line, says_something

LONGEST_REASON = 300
LATEST = timedelta(days=3660)
# Who opens a session shares it, who bars somebody has it alone: nobody slips through between the two.
_LOCK = (0xB1AC, 1)
_OPEN = [BlacklistState.PROPOSED, BlacklistState.ACTIVE]


@dataclass(frozen=True)
class Target:
    """Whom an entry is about: exactly one of the three."""

    customer: Customer | None = None
    user_id: str = ""
    network: str = ""

    def as_fields(self) -> dict:
        return {"customer": self.customer, "user_id": self.user_id, "network": self.network}

    def told(self) -> dict:
        """How the trail names it."""
        return {
            "customer": str(self.customer.id) if self.customer else "",
            "user_id": self.user_id,
            "network": self.network,
        }


def may_decide(member: Member) -> bool:
    """Whether a member decides on the blacklist at all; on whom, `decides_on` and `to_decide` say."""
    if not member.is_active:
        return False
    rule = business.read(BlacklistSettings).decides
    return (
        member.is_administrator
        or rule == "agents"
        or (rule == "supervisors" and member.role == Role.SUPERVISOR)
    )


def decides_on(member: Member, whom: Target) -> bool:
    """Whether a member puts these on the blacklist at once.

    Who is no administrator decides on the customers they see. An address is shared by customers of any
    group, and a user ID that nobody has come with may be anybody's: both are for administrators.
    """
    if not may_decide(member):
        return False
    if member.is_administrator:
        return True
    seen = customers_visible_to(member)
    if whom.customer:
        return seen.filter(id=whom.customer.id).exists()
    return bool(whom.user_id) and seen.filter(user_id=whom.user_id).exists()


def to_decide(member: Member) -> QuerySet[BlacklistEntry]:
    """The entries about whom a member decides, by the rule of `decides_on`."""
    if not may_decide(member):
        return BlacklistEntry.objects.none()
    if member.is_administrator:
        return BlacklistEntry.objects.all()
    seen = customers_visible_to(member)
    known = seen.exclude(user_id="").values("user_id")
    return BlacklistEntry.objects.filter(Q(customer__in=seen.values("id")) | Q(user_id__in=known))


def to_lift(member: Member) -> QuerySet[BlacklistEntry]:
    """The entries that a member may lift: those they decide on, and their own proposals.

    What an administrator has added or decided is lifted by administrators.
    """
    own = Q(added_by=member, state=BlacklistState.PROPOSED)
    decided = Q(pk__in=to_decide(member).values("pk"))
    if not member.is_administrator:
        decided &= ~(_by_administrators("added_by") | _by_administrators("decided_by"))
    found = BlacklistEntry.objects.filter(own | decided, state__in=_OPEN)
    return found if member.is_active else found.none()


def _by_administrators(field: str) -> Q:
    return Q(**{f"{field}__isnull": False, f"{field}__role__in": [Role.SUPER, Role.ADMINISTRATOR]})


def visible_entries(member: Member) -> QuerySet[BlacklistEntry]:
    """The entries a member may see: those they decide on, their own proposals, what stands against the
    customers they see, and, where they decide at all, the addresses: anybody's customers come from them.
    """
    if not member.is_active:
        return BlacklistEntry.objects.none()
    if member.is_administrator:
        return BlacklistEntry.objects.all()
    theirs = Q(added_by=member) | Q(customer__in=customers_visible_to(member).values("id"))
    if may_decide(member):
        theirs |= Q(pk__in=to_decide(member).values("pk")) | ~Q(network="")
    return BlacklistEntry.objects.filter(theirs)


def in_force(at: datetime | None = None) -> QuerySet[BlacklistEntry]:
    """The entries that count at this moment, now by default."""
    ends = Q(until__isnull=True) | Q(until__gt=at or clock.now())
    return BlacklistEntry.objects.filter(ends, state=BlacklistState.ACTIVE)


def against(customer: Customer) -> QuerySet[BlacklistEntry]:
    """The entries in force that this customer falls under: themselves, their user ID, their address."""
    return in_force().filter(_names(customer))


def about(customer: Customer) -> QuerySet[BlacklistEntry]:
    """The same, and what is only proposed."""
    ends = Q(until__isnull=True) | Q(until__gt=clock.now())
    return BlacklistEntry.objects.filter(_names(customer), ends, state__in=_OPEN)


def _names(customer: Customer) -> Q:
    them = Q(customer_id=customer.id)
    if customer.user_id:
        them |= Q(user_id=customer.user_id)
    if customer.address:
        them |= Q(network__in=networks.around(customer.address))
    return them


def bars(customer: Customer) -> bool:
    """Whether the customer is not served now."""
    return against(customer).exists()


def hold_still() -> None:
    """Until this transaction ends nobody new comes onto the blacklist; others may ask the same."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", _LOCK)


def target(*, customer: Customer | None = None, user_id: str = "", address: str = "") -> Target:
    """Whom to blacklist, from what somebody has chosen or typed; Invalid when it is nobody."""
    if customer:
        return Target(customer=customer)
    if user_id:
        return Target(user_id=_user_id(user_id))
    return Target(network=networks.read(address))


def _user_id(typed: str) -> str:
    user_id = typed.strip()
    if not user_id or len(user_id) > 64 or not user_id.isprintable():
        raise Invalid(_("The userID must have 1 to 64 visible characters."))
    return user_id


def add(
    member: Member, whom: Target, *, reason: str, until: datetime | None = None, address: str = ""
) -> BlacklistEntry:
    """Put somebody on the blacklist, or propose it where the member does not decide on them.

    Only customers whom one sees can be proposed, and any address by who decides on customers. NotAllowed,
    NotFound, Invalid, WrongState when they are on it or proposed already. Sessions are ended by
    `routing.barring`.
    """
    decides = decides_on(member, whom)
    if not member.is_active or not (decides or _may_propose(member, whom)):
        raise _refused(member, whom)
    reason, until = _reason(reason), _until(until)
    if whom.network:
        networks.expect_not_ours(whom.network, address)
    with transaction.atomic():
        _hold_alone()
        _end_what_has_ended(whom)
        entry = _insert(member, whom, reason, until, decides)
        _log("proposed" if not decides else "added", entry, member, address)
    return entry


def _refused(member: Member, whom: Target) -> DomainError:
    if not may_decide(member):
        return NotAllowed(_("You may propose only customers whom you have served."))
    if whom.customer:
        return NotFound(_("There is no such customer, or you may not see them."))
    return NotAllowed(_("You see no customer with this userID. An administrator decides on it."))


def _may_propose(member: Member, whom: Target) -> bool:
    """Whether a member who does not decide on these may propose them all the same."""
    if whom.network and may_decide(member):
        return True
    seen = customers_visible_to(member)
    if whom.customer:
        return seen.filter(id=whom.customer.id).exists()
    if whom.user_id:
        return seen.filter(user_id=whom.user_id).exists()
    # Only the very address of a customer, no wider network around it.
    first, last = networks.edges(whom.network)
    return networks.is_one_line(whom.network) and seen.filter(address__gte=first, address__lte=last).exists()


def _insert(
    member: Member, whom: Target, reason: str, until: datetime | None, decides: bool
) -> BlacklistEntry:
    now = clock.now()
    decision = {"decided_by": member, "decided_at": now} if decides else {}
    try:
        with transaction.atomic():
            return BlacklistEntry.objects.create(
                **whom.as_fields(),
                state=BlacklistState.ACTIVE if decides else BlacklistState.PROPOSED,
                reason=reason,
                until=until,
                added_by=member,
                added_at=now,
                **decision,
            )
    except IntegrityError:
        raise WrongState(_("They are on the blacklist or proposed for it already.")) from None


def decide(member: Member, entry_id: int, *, accepts: bool, address: str = "") -> BlacklistEntry:
    """Put a proposal in force, or decline it. NotFound, NotAllowed, WrongState, Invalid (ended, ours)."""
    with transaction.atomic():
        _hold_alone()
        entry = _locked(member, entry_id)
        if not to_decide(member).filter(pk=entry.pk).exists():
            raise _not_theirs(member)
        if entry.state != BlacklistState.PROPOSED:
            raise WrongState(_("A colleague has decided this already."))
        if accepts:
            if entry.until and entry.until <= clock.now():
                raise Invalid(_("The proposed end is over. Decline it, or add the customer anew."))
            if entry.network:
                networks.expect_not_ours(entry.network, address)
        entry.state = BlacklistState.ACTIVE if accepts else BlacklistState.DECLINED
        entry.decided_by, entry.decided_at = member, clock.now()
        entry.save(update_fields=["state", "decided_by", "decided_at"])
        _log("accepted" if accepts else "declined", entry, member, address)
    return entry


def lift(member: Member, entry_id: int, *, address: str = "") -> BlacklistEntry:
    """Take somebody off the blacklist, or one's own proposal back. NotFound, NotAllowed, WrongState."""
    with transaction.atomic():
        entry = _locked(member, entry_id)
        if entry.state not in _OPEN:
            raise WrongState(_("A colleague has taken them off already."))
        if not to_lift(member).filter(pk=entry.pk).exists():
            raise _not_theirs(member)
        entry.state = BlacklistState.LIFTED
        entry.lifted_by, entry.lifted_at = member, clock.now()
        entry.save(update_fields=["state", "lifted_by", "lifted_at"])
        _log("lifted", entry, member, address)
    return entry


def move(former: Customer, present: Customer) -> None:
    """What stands against a visitor stands against the known user they turn out to be (S-12).

    Where something stands against both the stronger one stays: what is in force before what is proposed,
    and that before what is over; an administrator's before a supervisor's; the later end before the
    earlier one, which it then has in any case.
    """
    with transaction.atomic():
        open_ones = BlacklistEntry.objects.select_for_update(of=["self"]).filter(state__in=_OPEN)
        # The present one's first: of two alike it stays.
        found = [open_ones.filter(customer=one).first() for one in (present, former)]
        entries = [entry for entry in found if entry]
        if len(entries) == 2:
            _keep_the_stronger(entries)
        BlacklistEntry.objects.filter(customer=former).update(customer=present)


def _keep_the_stronger(entries: list[BlacklistEntry]) -> None:
    kept = max(entries, key=_strength)
    ends = [entry.until for entry in entries if _is_in_force(entry)]
    for entry in entries:
        if entry is not kept:
            entry.state, entry.lifted_at = BlacklistState.LIFTED, clock.now()
            entry.save(update_fields=["state", "lifted_at"])
    if len(ends) == 2:
        kept.until = None if None in ends else max(ends)
        kept.save(update_fields=["until"])


def _strength(entry: BlacklistEntry) -> tuple:
    is_over = entry.until is not None and entry.until <= clock.now()
    deciders = (entry.added_by, entry.decided_by)
    by_administrator = any(one is not None and one.is_administrator for one in deciders)
    until = entry.until or datetime.max.replace(tzinfo=UTC)
    return (_is_in_force(entry), not is_over, by_administrator, until)


def _is_in_force(entry: BlacklistEntry) -> bool:
    is_over = entry.until is not None and entry.until <= clock.now()
    return entry.state == BlacklistState.ACTIVE and not is_over


def _locked(member: Member, entry_id: int) -> BlacklistEntry:
    visible = visible_entries(member).filter(pk=entry_id).values("pk")
    entry = BlacklistEntry.objects.select_for_update().filter(pk__in=visible).first()
    if entry is None:
        raise NotFound(_("There is no such entry, or you may not see it."))
    return entry


def _not_theirs(member: Member) -> NotAllowed:
    if may_decide(member):
        return NotAllowed(_("An administrator decides on this entry."))
    return NotAllowed(_("You may propose, but not decide."))


def _hold_alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", _LOCK)


def _end_what_has_ended(whom: Target) -> None:
    """An entry whose time is over makes room for a new one."""
    over = BlacklistEntry.objects.filter(**whom.as_fields(), state__in=_OPEN, until__lte=clock.now())
    for entry in over:
        entry.state, entry.lifted_at = BlacklistState.LIFTED, entry.until
        entry.save(update_fields=["state", "lifted_at"])


def _reason(typed: str) -> str:
    reason = in_one_line(typed)
    if not says_something(reason):
        raise InvalidReason(_("Say why, for the colleague who is asked later."))
    if len(reason) > LONGEST_REASON:
        raise InvalidReason(_("At most %(most)s characters.") % {"most": LONGEST_REASON})
    return reason


def _until(until: datetime | None) -> datetime | None:
    if until and not clock.now() < until < clock.now() + LATEST:
        raise InvalidEnd(_("The end must lie in the next ten years."))
    return until


class InvalidReason(Invalid):
    """What was given as the reason is none."""


class InvalidEnd(Invalid):
    """What was given as the end lies in the past or too far away."""


def _log(verb: str, entry: BlacklistEntry, member: Member, address: str) -> None:
    whom = Target(entry.customer, entry.user_id, entry.network)
    trail.append(
        f"blacklist.{verb}",
        member=member,
        address=address,
        object_type="customer" if entry.customer_id else "blacklist",
        object_id=entry.customer_id or entry.pk,
        values={
            **whom.told(),
            "entry": entry.pk,
            "reason": masked_text(entry.reason),
            "until": entry.until,
        },
    )
