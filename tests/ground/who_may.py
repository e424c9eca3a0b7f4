"""Who may call what: one line for every address and every socket command (T-1, T-9, X-6).

`test_who_may.py` walks all addresses of the resolver and all commands of both sockets as every role
and fails for one that stands in no line here. Who adds an address or a command adds its line.
"""

from __future__ import annotations

from dataclasses import dataclass

NOBODY_SIGNED_IN = "anonymous"
# Two of each kind where it matters: `agent` is a colleague of who served the record, `lead`
# supervises their group, `outsider` supervises another one.
AGENT, LEAD, OUTSIDER = "agent", "lead", "outsider"
ADMINISTRATOR, SUPER = "administrator", "super"
ROLES = (NOBODY_SIGNED_IN, AGENT, LEAD, OUTSIDER, ADMINISTRATOR, SUPER)

ANYONE = frozenset(ROLES)
MEMBERS = ANYONE - {NOBODY_SIGNED_IN}
CONSOLE = MEMBERS - {AGENT}
ADMINISTRATORS = frozenset({ADMINISTRATOR, SUPER})
# What belongs to a group: its supervisor and the administrators.
ABOVE = ADMINISTRATORS | {LEAD}
NOBODY = frozenset()


@dataclass(frozen=True)
class Rule:
    """Who is answered a look (GET), and whose change (POST) is not refused: `look` too, if not said."""

    look: frozenset[str]
    change: frozenset[str] | None = None
    # The scene has nothing there: to whom it is open, it says "not found".
    is_absent: bool = False

    @property
    def changers(self) -> frozenset[str]:
        return self.look if self.change is None else self.change


# --- Addresses -------------------------------------------------------------------------------------

_OPEN = Rule(ANYONE)
_OPEN_ABSENT = Rule(ANYONE, is_absent=True)
_MEMBER = Rule(MEMBERS)
_CONSOLE = Rule(CONSOLE)
_ADMIN = Rule(ADMINISTRATORS)
_RECORD = Rule(ABOVE)
# Open to nobody as it is called here, without what only its reader has.
_NEVER = Rule(NOBODY)
_ADMIN_ABSENT = Rule(ADMINISTRATORS, is_absent=True)
# Only to be posted to.
_ADMIN_POSTS = Rule(NOBODY, ADMINISTRATORS)
# Seen by supervisors, changed by administrators.
_SEEN = Rule(CONSOLE, ADMINISTRATORS)
# The same for what is in a group: not by supervisors of another one.
_SEEN_BY_LEAD = Rule(ABOVE, ADMINISTRATORS)


def _model(name: str, rights: Rule, row: Rule | None = None) -> dict[str, Rule]:
    """The usual addresses of a list in the console; `row`: a row of it, `add` is for who changes."""
    row = row or rights
    address = f"console/{name}/"
    return {
        address: Rule(rights.look),
        f"{address}add/": Rule(rights.changers),
        # Leads on to `change/`, for whoever enters the console.
        f"{address}<path:object_id>/": _CONSOLE,
        f"{address}<path:object_id>/change/": row,
        f"{address}<path:object_id>/history/": Rule(row.changers),
        f"{address}<path:object_id>/delete/": Rule(row.changers),
    }


def _files(address: str, rights: frozenset[str]) -> dict[str, Rule]:
    """Import and export of a list (M-4)."""
    jobs = ("", "progress/", "confirm/", "cancel/", "download/")
    return {
        f"console/{address}import/": Rule(rights),
        f"console/{address}import/template.<slug:form>": Rule(rights),
        f"console/{address}export/": Rule(rights),
        **{f"console/{address}files/<int:job_id>/{job}": Rule(rights, is_absent=True) for job in jobs},
    }


ADDRESSES: dict[str, Rule] = {
    "": _OPEN,
    "favicon.ico": _OPEN,
    "i18n/setlang/": _OPEN,
    "dev/components/": _OPEN,
    "dev/components/<slug:name>/": _OPEN_ABSENT,
    "demo/": _OPEN,
    "demo/examples/": _OPEN,
    "demo/examples/<path:path>": _OPEN_ABSENT,
    # The customer's window; what is of one customer asks for their token.
    "widget.js": _OPEN,
    "chat/<slug:key>/": _OPEN,
    "chat/<slug:key>/frame/": _OPEN,
    "chat/<slug:key>/look.json": _OPEN,
    "chat/<str:key>/part.json": _OPEN,
    "api/visitor/token": _OPEN,
    "api/visitor/upload": Rule(ANYONE, NOBODY),
    # Addresses that are signed for one reader; a made-up one opens nothing to anybody.
    "files/<str:signed>/": _NEVER,
    "pictures/<str:signed>/": _NEVER,
    "pictures/answers/<uuid:picture_id>/": _OPEN_ABSENT,
    # Signing in and out; steps that nobody has begun, and words of refusal, are refusals.
    "login/": _OPEN,
    "login/closed/": _NEVER,
    "login/phone/": _OPEN,
    "login/phone/code/": _NEVER,
    "login/second-factor/": _NEVER,
    "login/once/<str:token>/": _OPEN,
    "logout/": Rule(MEMBERS, NOBODY),
    # One's own sign-in.
    "account/": _MEMBER,
    "account/confirm/": _MEMBER,
    "account/password/": _MEMBER,
    "account/phone/": _MEMBER,
    "account/phone/code/": _MEMBER,
    "account/phone/skip/": _MEMBER,
    "account/phone/remove/": _MEMBER,
    "account/second-factor/": _MEMBER,
    "account/second-factor/codes/": _MEMBER,
    "account/second-factor/off/": _MEMBER,
    # The workbench.
    "desk/": _MEMBER,
    "desk/manifest.json": _OPEN,
    "desk/quick-replies/": _MEMBER,
    "desk/quick-replies/mine.csv": _MEMBER,
    "desk/quick-replies/mine.xlsx": _MEMBER,
    # Somebody else's own one.
    "desk/quick-replies/<int:reply_id>/": _NEVER,
    "desk/quick-replies/<int:reply_id>/used/": _NEVER,
    "desk/numbers/": _MEMBER,
    "desk/ended/": _MEMBER,
    "desk/sessions/<uuid:session_id>/": _RECORD,
    "desk/sessions/<uuid:session_id>/summary/": _RECORD,
    "api/desk/upload": _MEMBER,
    "desk/monitor/": _CONSOLE,
    # Service records; one that is open to nobody cannot be asked for either, as long as no setting says so.
    "records/": _MEMBER,
    "records/<uuid:record_id>/": _RECORD,
    "records/<uuid:record_id>/access/": _NEVER,
    "records/<uuid:record_id>/star/": _RECORD,
    "records/<uuid:record_id>/transcript.txt": _RECORD,
    # Customers and the blacklist.
    "customers/": _MEMBER,
    "customers/<uuid:customer_id>/": _RECORD,
    "customers/<uuid:customer_id>/edit/": _RECORD,
    "customers/<uuid:customer_id>/blacklist/": _RECORD,
    "customers/blacklist/": _MEMBER,
    "customers/blacklist/add/": _CONSOLE,
    # They lead back to the list, which says why something was refused.
    "customers/blacklist/<int:entry_id>/decide/": _MEMBER,
    "customers/blacklist/<int:entry_id>/lift/": _MEMBER,
    # The console.
    "console/": _CONSOLE,
    "console/live/": _CONSOLE,
    "console/logout/": _CONSOLE,
    "console/password_change/": _CONSOLE,
    "console/password_change/done/": _CONSOLE,
    "console/jsi18n/": _CONSOLE,
    # These lead to the sign-in, to the overview, or nowhere.
    "console/login/": _NEVER,
    "console/autocomplete/": _NEVER,
    "console/r/<path:content_type_id>/<path:object_id>/": _NEVER,
    "console/^(?P<app_label>team|service_sessions)/$": _NEVER,
    "console/(?P<url>.*)$": _NEVER,
    "console/settings/": _ADMIN,
    "console/settings/<slug:name>/": _ADMIN,
    "console/settings/<slug:name>/preview/": _ADMIN_POSTS,
    "console/channels/<int:channel_id>/pre-chat/": _ADMIN,
    "console/channels/<int:channel_id>/pre-chat/preview/": _ADMIN_POSTS,
    "console/groups/<int:group_id>/hours/": _ADMIN,
    "console/groups/<int:group_id>/hours/preview/": _ADMIN_POSTS,
    # The team.
    **_model("team/member", _SEEN, _SEEN_BY_LEAD),
    "console/team/member/<int:pk>/password/": _ADMIN,
    "console/team/member/<int:pk>/offline/": _ADMIN,
    "console/team/member/<int:pk>/restore/": _ADMIN,
    **_files("team/member/", ADMINISTRATORS),
    "console/team/member/confirm/": _ADMIN,
    **_model("team/skillgroup", _SEEN, _SEEN_BY_LEAD),
    **_model("team/apicredential", _ADMIN),
    # Switched off, never deleted.
    "console/team/apicredential/<path:object_id>/delete/": _NEVER,
    "console/team/apicredential/<int:pk>/rotate/": _ADMIN,
    "console/team/apicredential/<int:pk>/disable/": _ADMIN,
    "console/team/apicredential/<int:pk>/enable/": _ADMIN,
    "console/team/apicredential/<int:pk>/end-former/": _ADMIN,
    **_model("team/grant", _ADMIN),
    "console/team/signinentry/": _ADMIN,
    "console/team/signinentry/member/<int:member_id>/": _ADMIN,
    "console/team/signinentry/member/<int:member_id>/link/": _ADMIN,
    "console/team/signinentry/member/<int:member_id>/phone/": _ADMIN,
    "console/team/signinentry/member/<int:member_id>/second-factor/": _ADMIN,
    "console/team/trailentry/": _ADMIN,
    "console/team/trailentry/check/": _ADMIN,
    "console/team/trailentry/entry/<int:number>/": _ADMIN_ABSENT,
    # Channels, quick replies, tags, summary categories, requests for access.
    **_model("service_sessions/channel", _ADMIN),
    "console/service_sessions/channel/<int:channel_id>/guide/": _ADMIN,
    "console/service_sessions/channel/<int:channel_id>/secrets/": _ADMIN,
    **_model("service_sessions/quickreply", _CONSOLE),
    **_files("service_sessions/quickreply/", CONSOLE),
    **_model("service_sessions/tag", _CONSOLE),
    "console/service_sessions/summarycategory/": _ADMIN,
    "console/service_sessions/summarycategory/act/": _ADMIN,
    "console/service_sessions/accessrequest/": _ADMIN,
    "console/service_sessions/accessrequest/<path:object_id>/": _CONSOLE,
    "console/service_sessions/accessrequest/<path:object_id>/change/": _ADMIN,
    # The bot.
    "console/bot/settings/": _ADMIN,
    "console/bot/settings/<slug:name>/": _ADMIN_ABSENT,
    "console/bot/settings/bot_welcome/": _ADMIN,
    "console/bot/settings/bot_welcome/questions/": _ADMIN,
    "console/bot/pictures/": _ADMIN,
    "console/bot/state/": _ADMIN,
    "console/bot/switch/": _ADMIN,
    "console/bot/test/": _ADMIN,
    "console/bot/test/ready/": _ADMIN,
    "console/bot/publish/": _ADMIN,
    "console/bot/releases/": _ADMIN,
    "console/bot/releases/changes/": _ADMIN,
    "console/bot/releases/<int:number>/": _ADMIN_ABSENT,
    "console/bot/releases/<int:number>/back/": _ADMIN_ABSENT,
    "console/bot/numbers/": _ADMIN,
}
for _library in ("bot/qa/", "bot/chitchat/"):
    ADDRESSES |= {
        f"console/{_library}{rest}": _ADMIN for rest in ("", "act/", "add/", "categories/", "categories/act/")
    }
    ADDRESSES |= {f"console/{_library}<int:entry_id>/": _ADMIN_ABSENT, **_files(_library, ADMINISTRATORS)}


# --- Commands of the workbench's socket ----------------------------------------------------------------

# Each is about a session that `agent`'s colleague serves in the group that `lead` supervises.
WORKBENCH: dict[str, frozenset[str]] = {
    # One's own place, whoever one is.
    "hello": MEMBERS,
    "ping": MEMBERS,
    "set_status": MEMBERS,
    "colleagues": MEMBERS,
    # Heard by nobody unless one serves the session; ends nothing but one's own watching.
    "typing": MEMBERS,
    "unwatch": MEMBERS,
    # Only who serves the session, whatever their role.
    "accept": NOBODY,
    "decline": NOBODY,
    "end": NOBODY,
    "hold": NOBODY,
    "invite_rating": NOBODY,
    "send": NOBODY,
    "recall": NOBODY,
    "read": NOBODY,
    # Whoever may see it.
    "sync": ABOVE,
    "history": ABOVE,
    "note": ABOVE,
    "wrap_up": ABOVE,
    # Supervisors within their groups.
    "transfer": ABOVE,
    "watch": ABOVE,
    "take_over": ABOVE,
    "monitor": CONSOLE,
    "set_agent_status": ABOVE,
    "force_end": ADMINISTRATORS,
    "force_offline": ADMINISTRATORS,
}

# --- Commands of the customer's socket -----------------------------------------------------------------

# All need a token, which decides whose they are. True: the command names a session, and one of
# somebody else is refused; what names none is about one's own.
CUSTOMER: dict[str, bool] = {
    "hello": False,
    "ping": False,
    "send": False,
    "pre_chat": False,
    "request_agent": False,
    "leave_queue": False,
    "history": False,
    "sync": True,
    "read": True,
    "recall": True,
    "vote": True,
    "signal 7": False,
    "signal 10": False,
    "signal 12": False,
    "signal 24": False,
    "signal 27": False,
}
