"""The words that the workbench's scripts show, in the reader's language; gaps stand in braces."""

from django.utils.translation import gettext as _

from apps.sessions.models import ServiceStatus
from csdesk.thread_words import thread_words


def desk_words() -> dict:
    """All words of the workbench, those of a conversation under `thread`."""
    return {
        "thread": thread_words(),
        **_states(),
        **_list(),
        **_chat(),
        **_composer(),
        **_side(),
        **_notices(),
        **_errors(),
        **{f"status_{status.value}": str(status.label) for status in ServiceStatus},
    }


def _states() -> dict[str, str]:
    return {
        "free": _("Free"),
        "busy": _("Full"),
        "notReady": _("Not ready"),
        "rest": _("Break"),
        "rest_for": _("Break · {reason}"),
        "arrange": _("Wrap-up"),
        "offline": _("Offline"),
        "live_live": _("Live"),
        "live_catching": _("Catching up"),
        "live_offline": _("No connection"),
        "hand_over_title": _("Hand over {n} open sessions?"),
        "hand_over_title_one": _("Hand over 1 open session?"),
        "hand_over_text": _("They go back to the head of the queue, and a colleague takes them from there."),
        "hand_over_yes": _("Hand over and go offline"),
        "cancel": _("Cancel"),
        "kicked_signed_in_elsewhere": _("You signed in somewhere else"),
        "kicked_signed_in_elsewhere_text": _(
            "The workbench works in one place at a time. Sign in here to go on in this window."
        ),
        "kicked_signed_out": _("You are signed out"),
        "kicked_signed_out_text": _("Sign in again to receive sessions."),
        "kicked_forced_offline": _("An administrator has taken you offline"),
        "kicked_forced_offline_text": _(
            "Your sessions went back to the queue. You can sign in when an administrator has restored you."
        ),
        "to_sign_in": _("To the sign-in page"),
        "kicked_deleted": _("This account no longer exists"),
        "kicked_deleted_text": _("Your sessions went back to the queue. Ask your administrator."),
    }


def _list() -> dict[str, str]:
    return {
        "accept": _("Accept"),
        "decline": _("Decline"),
        "seconds_left": _("{n} seconds left"),
        "seconds_left_one": _("1 second left"),
        "offer_from": _("From {name} · {where}"),
        "offer_note": _("Note: {text}"),
        "nobody_yet": _("Nobody needs you yet. New sessions appear here by themselves."),
        "nobody_while_away": _("You receive no new sessions now. Go free to receive some."),
        "online": _("Online"),
        "away": _("Window closed"),
        "unread": _("{n} unread"),
        "unread_one": _("1 unread"),
        "held": _("On hold"),
        "draft_mark": _("[Draft] "),
        "typing_short": _("Typing …"),
        "you_said": _("You: {text}"),
        "kind_image": _("[Picture]"),
        "kind_file": _("[File]"),
        "kind_voice": _("[Voice]"),
        "kind_video": _("[Video]"),
        "kind_custom": _("[Card]"),
        "kind_recalled": _("[Taken back]"),
        "rated": _("Rated {level}"),
        "ratings": _("{n} ratings"),
        "ratings_one": _("1 rating"),
        "visitor": _("Visitor_{number}"),
        "left_to": _("Handed on to {name}"),
        "left_gone": _("No longer with you"),
        "left_transfer": _("Handed on"),
        "left_missed": _("Passed on"),
        "closed_by_client": _("Ended by the customer"),
        "closed_by_seat": _("Ended by the agent"),
        "closed_by_admin": _("Ended by an administrator"),
        "closed_by_timer": _("Ended by time-out"),
        "owed": _("{n} summaries to fill in"),
        "owed_one": _("1 summary to fill in"),
        "summed_up": _("Summary saved."),
        "no_category_found": _("No category holds these words."),
        "waiting_in_groups": _("Waiting in your groups"),
        "any_group": _("Any group"),
    }


def _chat() -> dict[str, str]:
    return {
        "since": _("since {time}"),
        "served": _("served {time}"),
        "was_served": _("was served {time}"),
        "ending_in": _("Ending {name}'s session in {n} s"),
        "undo": _("Undo"),
        "keep_open": _("Keep open"),
        "wrote_meanwhile": _("{name} wrote meanwhile. End anyway?"),
        "copied": _("Copied."),
        "invited": _("Rating invitation sent."),
        "held_now": _("On hold: the time-out waits until your next message."),
        "typing": _("The customer is typing"),
        "typing_preview": _("Typing: {text}"),
        "new_below": _("{n} new"),
        "to_end": _("Newest"),
        "internal_note": _("Internal note"),
        "note_hidden": _("Internal note, hidden from the customer"),
        "waits_to_be_sent": _("Waiting to be sent"),
        "no_answer": _("Not sent: the server did not answer"),
        "card_not_sent": _("Card not sent: {why}"),
        "no_colleague": _("You have no colleagues here yet."),
        "no_group": _("There are no groups yet."),
        "nobody_found": _("Nobody found."),
        "search_colleague": _("Nickname, e-mail or staff number"),
        "search_group": _("Name of the group"),
        "nobody_signed_in": _("Nobody signed in"),
        "group_free": _("{n} free"),
        "group_waiting": _("{n} waiting"),
    }


def _composer() -> dict[str, str]:
    return {
        "write_reply": _("Write, # for quick replies"),
        "write_note": _("Write a note that only colleagues see"),
        "draft_kept": _("Draft kept"),
        "offline_send": _("Will be sent when the connection is back"),
        "files": _("{n} files"),
        "letters": _("{n} of {limit} characters"),
        "behind": _("Catching up, {n} messages"),
        "behind_one": _("Catching up, 1 message"),
        "answered_meanwhile": _("{name} replied at {time}"),
        "variable_open": _("{name} is not filled in yet"),
        "picture": _("Picture"),
        "remove_file": _("Remove {name}"),
        "file_too_large": _("Larger than {limit}"),
        "field_name": _("Label, such as Amount"),
        "field_value": _("Value"),
        "web_address": _("An address begins with http:// or https://"),
    }


def _side() -> dict[str, str]:
    return {
        "standing_claimed": _("Name unverified"),
        "standing_claimed_text": _("Name and picture were told by the page; nobody has verified them."),
        "standing_known": _("Identity verified"),
        "standing_known_text": _("The app has signed this user ID."),
        "blacklist_active": _("On the blacklist"),
        "blacklist_proposed": _("Proposed for the blacklist"),
        "loading": _("Loading"),
        "retry": _("Retry"),
        "not_loaded": _("This did not load."),
        "use": _("Use"),
        "use_reply": _("Use: {title}"),
        "reply_new": _("New quick reply of mine"),
        "reply_change": _("Change my quick reply"),
        "reply_change_one": _("Change: {title}"),
        "reply_title": _("Title"),
        "reply_category": _("Category"),
        "reply_text": _("Reply"),
        "reply_variables": _("Filled in for you:"),
        "reply_remove": _("Delete"),
        "reply_save": _("Save"),
        "replies_read": _("{n} quick replies taken in."),
        "replies_read_one": _("1 quick reply taken in."),
        "reply_uses": _("Used {n} times"),
        "reply_uses_one": _("Used once"),
        "reply_mine": _("Mine"),
        "reply_shared": _("Shared"),
        "no_replies": _("No quick replies yet."),
        "no_reply_found": _("No quick reply holds these words."),
        "replies_failed": _("Quick replies did not load."),
        "no_history": _("First visit: there are no earlier sessions."),
        "no_data": _("Nothing is known of this session yet."),
        "no_notes": _("No notes yet. Colleagues see them, the customer never does."),
    }


def _notices() -> dict[str, str]:
    return {
        "sound_on": _("Sound: on"),
        "sound_off": _("Sound: off"),
        "notices_default": _("Allow desktop notices"),
        "notices_granted": _("Desktop notices: on"),
        "notices_denied": _("Desktop notices: blocked by the browser"),
        "notice_offer": _("is offered to you"),
        "notice_new": _("A new session is yours."),
        "came_back": _("{name} was not accepted by your colleague and is back with you."),
        "not_accepted": _("{name} was not accepted by your colleague and waits at the head of the queue."),
        "was_handed_on": _("{name} was taken over or handed on."),
        "status_set_by": _("{name} has set you to: {status}"),
        "was_missed": _("You missed {name}; the session went on to somebody else."),
        "offered_by": _("{name} is offered to you"),
        "says": _("{name}: {text}"),
        "says_many": _("{name}, {n} messages, the last: {text}"),
        "not_sent": _("Not sent"),
    }


def _errors() -> dict[str, str]:
    return {
        "error_offline": _("No connection. Please try again in a moment."),
        "error_timeout": _("The server did not answer. Please try again."),
        "error_taken": _("{name} was faster."),
        "error_rate_limited": _("Too fast. Please wait a moment."),
        "error_too_large": _("This is too large."),
        "error_unavailable": _("This does not work right now. Please try again."),
        "error_aborted": _("Stopped"),
        "error_other": _("This could not be done ({code})."),
    }
