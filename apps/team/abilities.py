"""What each role may do (T-1). One small table; which rows is asked of `queries` and `permissions`."""

from enum import StrEnum

from apps.team.models import Member, Role


class Ability(StrEnum):
    ENTER_CONSOLE = "enter_console"
    VIEW_MEMBERS = "view_members"
    MANAGE_MEMBERS = "manage_members"
    MANAGE_GROUPS = "manage_groups"
    # Pairs that programs sign their calls with (T-10).
    MANAGE_CREDENTIALS = "manage_credentials"
    MANAGE_CHANNELS = "manage_channels"
    MANAGE_SETTINGS = "manage_settings"
    EDIT_SHARED_REPLIES = "edit_shared_replies"
    # The categories of the summary (S-15).
    MANAGE_SUMMARIES = "manage_summaries"
    # Which tags there are (S-15); who may see a customer may put them there.
    MANAGE_TAGS = "manage_tags"
    MANAGE_BOT = "manage_bot"
    SEE_GROUP_RECORDS = "see_group_records"
    SEE_ALL_RECORDS = "see_all_records"
    EXPORT_RECORDS = "export_records"
    VIEW_TRAIL = "view_trail"
    SEE_CONTACTS = "see_contacts"
    DELETE_RECORDS = "delete_records"
    MANAGE_GRANTS = "manage_grants"
    # Watch running sessions, take them over, hand them on.
    MONITOR = "monitor"


_SUPERVISOR = frozenset(
    {
        Ability.ENTER_CONSOLE,
        Ability.VIEW_MEMBERS,
        Ability.EDIT_SHARED_REPLIES,
        Ability.MANAGE_TAGS,
        Ability.SEE_GROUP_RECORDS,
        Ability.EXPORT_RECORDS,
        Ability.MONITOR,
    }
)

ABILITIES: dict[str, frozenset[Ability]] = {
    Role.SUPER: frozenset(Ability),
    Role.ADMINISTRATOR: frozenset(Ability),
    Role.SUPERVISOR: _SUPERVISOR,
    Role.AGENT: frozenset(),
}


def may(member: Member, ability: Ability) -> bool:
    """Whether a member's role gives this ability; nobody who may not sign in has any."""
    return member.is_authenticated and member.is_active and ability in ABILITIES.get(member.role, ())


def may_edit(actor: Member, target: Member) -> bool:
    """Whether `actor` may change `target`: the super administrator is changed by nobody else (T-1)."""
    if not may(actor, Ability.MANAGE_MEMBERS) or target.deleted_at is not None:
        return False
    return target.role != Role.SUPER or target.pk == actor.pk


def may_delete(actor: Member, target: Member) -> bool:
    """Nobody deletes the super administrator or themselves."""
    return may_edit(actor, target) and target.role != Role.SUPER and target.pk != actor.pk


def may_reset_password(actor: Member, target: Member) -> bool:
    """Administrators can't reset their own password (T-1); they change it."""
    return may_edit(actor, target) and target.pk != actor.pk


def may_force_offline(actor: Member, target: Member) -> bool:
    """Administrators can't force themselves offline, and nobody the super administrator (T-1, T-4)."""
    return may_edit(actor, target) and target.role != Role.SUPER and target.pk != actor.pk


def assignable_roles(actor: Member, target: Member | None = None) -> list[str]:
    """Roles that `actor` may give to `target` (None = a new member). `super` stays where it is."""
    if target is not None and target.role == Role.SUPER:
        return [Role.SUPER]
    if not may(actor, Ability.MANAGE_MEMBERS):
        return [target.role] if target else []
    return [Role.ADMINISTRATOR, Role.SUPERVISOR, Role.AGENT]
