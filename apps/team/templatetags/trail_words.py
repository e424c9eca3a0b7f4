"""The trail in words for people."""

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.team import trail_reading
from apps.team.models import TrailDetail, TrailEntry

register = template.Library()

_ACTIONS = {
    "added": gettext_noop("Added"),
    "changed": gettext_noop("Changed"),
    "deleted": gettext_noop("Deleted"),
    "password_reset": gettext_noop("Password reset"),
    "password_sent": gettext_noop("Password e-mailed"),
    "rotated": gettext_noop("Key changed"),
    "forced_offline": gettext_noop("Forced offline"),
    "restored": gettext_noop("Restored"),
    "viewed": gettext_noop("Viewed"),
    "searched": gettext_noop("Searched"),
    "downloaded": gettext_noop("Downloaded"),
    "imported": gettext_noop("Imported"),
    "exported": gettext_noop("Exported"),
    "presets_added": gettext_noop("Brought by csdesk"),
    "enabled": gettext_noop("Switched on"),
    "disabled": gettext_noop("Switched off"),
    "moved": gettext_noop("Moved"),
    "published": gettext_noop("Published"),
    "rolled_back": gettext_noop("Rolled back"),
    "succeeded": gettext_noop("Signed in"),
    "failed": gettext_noop("Sign-in failed"),
    "locked": gettext_noop("Sign-in refused: too many tries"),
    "password_ended": gettext_noop("Sign-in refused: the e-mailed password has ended"),
    "ended": gettext_noop("Signed out"),
    "closed": gettext_noop("Sign-in refused: taken offline"),
    "bound": gettext_noop("Phone number bound"),
    "unbound": gettext_noop("Phone number removed"),
    "turned_on": gettext_noop("Second factor turned on"),
    "turned_off": gettext_noop("Second factor turned off"),
    "codes_renewed": gettext_noop("New recovery codes"),
    "link_made": gettext_noop("Address for one sign-in made"),
    "asked": gettext_noop("Access asked for"),
    "granted": gettext_noop("Access granted"),
    "refused": gettext_noop("Access refused"),
    "taken_back": gettext_noop("Access taken back"),
    "contact_searched": gettext_noop("Searched by phone or e-mail"),
    "erased": gettext_noop("Personal details erased"),
    "loss_acknowledged": gettext_noop("Lost entries acknowledged"),
    "pre_chat": gettext_noop("Form before the chat changed"),
    "hours": gettext_noop("Working hours changed"),
    "tagged": gettext_noop("Tags changed"),
    "proposed": gettext_noop("Proposed for the blacklist"),
    "accepted": gettext_noop("Proposal accepted"),
    "declined": gettext_noop("Proposal declined"),
    "lifted": gettext_noop("Taken off the blacklist"),
    "secret_made": gettext_noop("Second key made"),
    "secret_ended": gettext_noop("Key ended"),
    "secrets_viewed": gettext_noop("Keys viewed"),
}


@register.filter
def action_words(action: str) -> str:
    """`member.added` as "Added"."""
    thing, _dot, verb = action.partition(".")
    if thing == "password":
        return _("Password changed")
    return _(_ACTIONS[verb]) if verb in _ACTIONS else action


_WAYS = {
    "password": gettext_noop("Password"),
    "phone": gettext_noop("Code by SMS"),
    "link": gettext_noop("Address for one sign-in"),
    "confirmation": gettext_noop("Password asked for again"),
}
_SECOND = {
    "totp": gettext_noop("authenticator app"),
    "recovery_code": gettext_noop("recovery code"),
    "wrong": gettext_noop("wrong second factor"),
}


@register.filter
def sign_in_way(entry: TrailEntry) -> str:
    """How somebody signed in or tried to: "Password + authenticator app"."""
    detail = getattr(entry, "detail", None)
    if detail is None or entry.action == "sign_in.ended":
        return ""
    words = [_(_WAYS.get(detail.values.get("how") or "password", "Password"))]
    if second := _SECOND.get(detail.values.get("second_factor", "")):
        words.append(_(second))
    return " + ".join(words)


@register.filter
def changes(detail: TrailDetail) -> list[trail_reading.Change]:
    """Before → after, one for each field that differs."""
    return trail_reading.changes_of(detail)
