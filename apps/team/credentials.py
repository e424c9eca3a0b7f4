"""API credentials (T-10, X-9): pairs of SecretId and SecretKey that programs of the business sign with.

A SecretKey is shown once, when it is made; what is kept is sealed. Changing it is a rotation: the former one
counts beside the new one for as long as whoever rotates says, so that a program can change over.
"""

from __future__ import annotations

import ipaddress
import logging
import secrets
import string
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.team import trail
from apps.team.abilities import Ability, may
from apps.team.credential_models import ApiCredential
from apps.team.models import Member, Role
from csdesk import clock, sealing
from csdesk.addresses import plain
from csdesk.errors import Invalid, NotAllowed, WrongState

log = logging.getLogger(__name__)

PURPOSE = "api-credential"
# As long as those of the cloud products, so that fields for them fit.
ID_PREFIX, ID_LENGTH, KEY_LENGTH = "AKID", 32, 32
MOST_NETWORKS = 50
LONGEST_CHANGE = timedelta(days=30)
# The moment of the last use is written down so often.
NOTED_EVERY = timedelta(minutes=1)
_LETTERS = string.ascii_letters + string.digits

# What a program may be allowed to do, by what it is about.
ACTIONS: dict[str, tuple[object, tuple[str, ...]]] = {
    "records": (
        gettext_lazy("Records and messages"),
        ("DescribeIMCdrs", "DescribeIMCdrList", "DescribeChatMessages"),
    ),
    "members": (
        gettext_lazy("Members"),
        (
            "DescribeStaffInfoList",
            "CreateStaff",
            "ModifyStaff",
            "ModifyStaffPassword",
            "DeleteStaff",
            "ForceMemberOffline",
            "RestoreMemberOnline",
        ),
    ),
    "groups": (
        gettext_lazy("Groups"),
        (
            "DescribeSkillGroupInfoList",
            "CreateCCCSkillGroup",
            "UpdateCCCSkillGroup",
            "DeleteCCCSkillGroup",
            "BindStaffSkillGroupList",
            "UnbindStaffSkillGroupList",
        ),
    ),
    "states": (
        gettext_lazy("States of agents"),
        ("DescribeStaffStatusMetrics", "DescribeStaffStatusHistory", "SetStaffStatus"),
    ),
    "sign_in": (
        gettext_lazy("Sign-in"),
        ("CreateSDKLoginToken", "CreateUserSig", "CreateAdminURL"),
    ),
}
KNOWN_ACTIONS = frozenset(name for _label, names in ACTIONS.values() for name in names)
# Means nothing but for administrators.
FOR_ADMINISTRATORS = "CreateAdminURL"

# What the form may change, and the trail shows.
FIELDS = ("name", "actions", "networks", "manages_administrators", "takes_older_signatures", "ends_at")


class Refusal(StrEnum):
    """Why a call signed with a credential is not taken."""

    DISABLED = "disabled"
    ENDED = "ended"
    NETWORK = "network"
    ACTION = "action"


@dataclass(frozen=True)
class Pair:
    """What is shown once."""

    secret_id: str
    secret_key: str


def add(credential: ApiCredential, actor: Member, *, address: str = "") -> Pair:
    """Save a new credential and make its pair. Raises NotAllowed and Invalid with `field`."""
    _expect_right(actor)
    check(credential)
    pair = Pair(ID_PREFIX + _random(ID_LENGTH), _random(KEY_LENGTH))
    credential.secret_id, credential.made_by = pair.secret_id, actor
    credential.secret = _sealed(credential, "secret", pair.secret_key)
    with transaction.atomic():
        credential.save(force_insert=True)
        _log("added", credential, actor, address, {"after": snapshot(credential)})
    return pair


def change(pk: int, values: dict, actor: Member, *, address: str = "") -> ApiCredential:
    """Change what a credential may do; nothing happens when nothing changes. Raises as `add` does."""
    _expect_right(actor)
    with transaction.atomic():
        credential = _locked(pk)
        before = snapshot(credential)
        for name in FIELDS:
            setattr(credential, name, values.get(name, getattr(credential, name)))
        check(credential)
        after = snapshot(credential)
        names = [name for name in after if after[name] != before[name]]
        if names:
            credential.save(update_fields=names)
            shown = {"before": {n: before[n] for n in names}, "after": {n: after[n] for n in names}}
            _log("changed", credential, actor, address, shown)
    return credential


def rotate(pk: int, keep: timedelta, actor: Member, *, address: str = "") -> Pair:
    """A new SecretKey for the same SecretId; the one before counts for `keep` more, an older one no more."""
    _expect_right(actor)
    if not timedelta() <= keep <= LONGEST_CHANGE:
        raise Invalid(_("Choose how long the former key counts."), field="keep")
    with transaction.atomic():
        credential = _locked(pk)
        if credential.disabled_at:
            raise WrongState(_("It is disabled: enable it first."))
        now, made = clock.now(), _random(KEY_LENGTH)
        former = _opened(credential, "secret") if keep else ""
        credential.former_secret = _sealed(credential, "former_secret", former) if former else ""
        credential.former_ends_at = now + keep if former else None
        credential.secret = _sealed(credential, "secret", made)
        credential.rotated_at = now
        credential.save(update_fields=["secret", "former_secret", "former_ends_at", "rotated_at"])
        _log("rotated", credential, actor, address, {"after": {"former_ends_at": credential.former_ends_at}})
    return Pair(credential.secret_id, made)


def end_former(pk: int, actor: Member, *, address: str = "") -> None:
    """The former key counts no more. WrongState when there is none."""
    _expect_right(actor)
    with transaction.atomic():
        credential = _locked(pk)
        if not credential.former_secret:
            raise WrongState(_("There is no former key."))
        before = {"former_ends_at": credential.former_ends_at}
        credential.former_secret, credential.former_ends_at = "", None
        credential.save(update_fields=["former_secret", "former_ends_at"])
        _log("changed", credential, actor, address, {"before": before, "after": {"former_ends_at": None}})


def switch(pk: int, actor: Member, *, on: bool, address: str = "") -> bool:
    """Disable it (the next call is refused), or enable it again; whether that changed anything."""
    _expect_right(actor)
    with transaction.atomic():
        credential = _locked(pk)
        if on == (credential.disabled_at is None):
            return False
        credential.disabled_at = None if on else clock.now()
        credential.save(update_fields=["disabled_at"])
        _log("enabled" if on else "disabled", credential, actor, address, {"name": credential.name})
    return True


# --- what a signed call asks ---


def keys_of(credential: ApiCredential) -> list[str]:
    """The SecretKeys that count now, the newest first; one that can't be opened counts for nothing."""
    found = [_opened(credential, "secret")]
    if credential.former_ends_at and credential.former_ends_at > clock.now():
        found.append(_opened(credential, "former_secret"))
    return [key for key in found if key]


def refusal(credential: ApiCredential, action: str, address: str) -> Refusal | None:
    """Why this action is not taken from this address; None when it is. Asked after the signature is right."""
    if credential.disabled_at:
        return Refusal.DISABLED
    if credential.ends_at and credential.ends_at <= clock.now():
        return Refusal.ENDED
    if credential.networks and not _is_within(address, credential.networks):
        return Refusal.NETWORK
    return None if action in credential.actions else Refusal.ACTION


def may_act_on(credential: ApiCredential, member: Member) -> bool:
    """On administrators only where that is allowed, on the super administrator never (X-9)."""
    if member.role == Role.SUPER:
        return False
    return member.role != Role.ADMINISTRATOR or credential.manages_administrators


def note_use(credential: ApiCredential, address: str) -> None:
    """Write down when and from where it was used last, once a minute at most."""
    now = clock.now()
    if credential.used_at is None or now - credential.used_at >= NOTED_EVERY:
        row = ApiCredential.objects.filter(pk=credential.pk)
        row.update(used_at=now, used_from=address[:45])
        credential.used_at, credential.used_from = now, address[:45]


# --- within ---


def check(credential: ApiCredential) -> None:
    """Raises Invalid with `field` for what does not fit; networks are written as they are kept."""
    for field, detail in wrong_values(credential).items():
        raise Invalid(detail, field=field)
    credential.actions = [
        name for _label, names in ACTIONS.values() for name in names if name in credential.actions
    ]
    credential.networks = networks_of(credential.networks)


def wrong_values(credential: ApiCredential) -> dict[str, str]:
    """Everything that does not fit, by field."""
    wrong = {}
    if not credential.name.strip():
        wrong["name"] = _("Say what it is for.")
    unknown = [name for name in credential.actions if name not in KNOWN_ACTIONS]
    if unknown:
        wrong["actions"] = _("There is no action %(name)s.") % {"name": unknown[0][:60]}
    elif not credential.actions:
        wrong["actions"] = _("Choose at least one action.")
    elif FOR_ADMINISTRATORS in credential.actions and not credential.manages_administrators:
        words = _("%(name)s is about administrators: allow that below, or leave it out.")
        wrong["actions"] = words % {"name": FOR_ADMINISTRATORS}
    try:
        networks_of(credential.networks)
    except Invalid as error:
        wrong["networks"] = error.detail
    return wrong


def networks_of(texts: Iterable[str]) -> list[str]:
    """Addresses and networks as they are kept, each once. Raises Invalid with `field`."""
    found: dict[str, None] = {}
    for text in texts:
        try:
            network = ipaddress.ip_network(text.strip(), strict=False)
        except ValueError:
            words = _("“%(text)s” is no address and no network such as 203.0.113.0/24.")
            raise Invalid(words % {"text": text.strip()[:60]}, field="networks") from None
        if network.prefixlen == 0:
            raise Invalid(_("This is everywhere: leave the field empty."), field="networks")
        found[str(network)] = None
    if len(found) > MOST_NETWORKS:
        raise Invalid(_("At most %(most)s networks.") % {"most": MOST_NETWORKS}, field="networks")
    return list(found)


def snapshot(credential: ApiCredential) -> dict:
    """Its state for the trail, without secrets."""
    return {name: getattr(credential, name) for name in FIELDS}


def seal_anew() -> int:
    """Seal with the newest SECRET_KEY what a former one has sealed; how many were changed."""
    changed = 0
    for pk in ApiCredential.objects.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            credential = _locked(pk)
            names = [
                name
                for name in ("secret", "former_secret")
                if getattr(credential, name) and not sealing.is_newest(PURPOSE, getattr(credential, name))
            ]
            texts = {name: _opened(credential, name) for name in names}
            # One that opens with no key is left where it is: the key may come back.
            for name, text in texts.items():
                if text:
                    setattr(credential, name, _sealed(credential, name, text))
            if any(texts.values()):
                credential.save(update_fields=names)
                changed += 1
    return changed


def _locked(pk: int) -> ApiCredential:
    return ApiCredential.objects.select_for_update().get(pk=pk)


def _expect_right(actor: Member) -> None:
    if not may(actor, Ability.MANAGE_CREDENTIALS):
        raise NotAllowed(_("Only administrators may do this."))


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _place in range(length))


def _place(credential: ApiCredential, column: str) -> str:
    # The SecretId never changes and is known before there is a row.
    return f"team_apicredential.{credential.secret_id}.{column}"


def _sealed(credential: ApiCredential, column: str, text: str) -> str:
    return sealing.seal(PURPOSE, _place(credential, column), text)


def _opened(credential: ApiCredential, column: str) -> str:
    try:
        return sealing.unseal(PURPOSE, _place(credential, column), getattr(credential, column))
    except sealing.Unreadable:
        log.error("a key of credential %s can't be opened: was SECRET_KEY changed?", credential.pk)
        return ""


def _is_within(address: str, networks: Iterable[str]) -> bool:
    try:
        own = plain(address)
    except ValueError:
        return False
    return any(own in ipaddress.ip_network(network) for network in networks)


def _log(verb: str, credential: ApiCredential, actor: Member, address: str, values: dict) -> None:
    trail.append(
        f"credential.{verb}",
        member=actor,
        address=address,
        object_type="credential",
        object_id=credential.pk,
        values=values,
    )
