"""The words that the scripts of the monitor show, in the reader's language; gaps stand in braces."""

from django.utils.translation import gettext as _

from apps.desk.words import desk_words


def monitor_words() -> dict:
    """All words of the monitor, beside those of the workbench that its parts share."""
    return {**desk_words(), **_lists(), **_watching()}


def _lists() -> dict[str, str]:
    return {
        "state_queued": _("Waiting"),
        "state_offered": _("Offered"),
        "state_serving": _("In service"),
        "nobody_has": _("Nobody yet"),
        "no_group_yet": _("Any group"),
        "first_reply_after": _("First reply after {time}"),
        "first_reply_short": _("First reply"),
        "first_reply_due": _("No reply yet"),
        "waits_for_answer": _("Waits for an answer"),
        "waits_in_queue": _("In the queue"),
        "answered": _("Answered"),
        "watch_one": _("Watch {name}"),
        "desk_lost": _("Connection lost"),
        "load_of": _("{n} of {limit} sessions"),
        "only_of": _("Sessions of {name} only"),
        "set_free": _("Set to free"),
        "set_notReady": _("Set to not ready"),
        "set_offline": _("Take offline"),
        "set_for": _("Set the availability of {name}"),
        "is_set": _("{name}: {status}"),
        "offline_title": _("Take {name} offline?"),
        "offline_text": _("Their open sessions go back to the head of the queue."),
        "force_title": _("Force {name} offline?"),
        "force_text": _("They are signed out everywhere and cannot sign in until they are restored."),
        "force_yes": _("Force offline"),
        "is_forced": _("{name} is forced offline."),
        "no_sessions": _("Nobody waits and nobody is being served."),
        "no_sessions_filtered": _("No session fits these filters."),
        "no_agents": _("Nobody serves in your groups yet."),
        "shown_of": _("{n} of {all} sessions"),
        "all_groups": _("All groups"),
        "waits_offered": _("{n} offered to you"),
        "waits_offered_one": _("1 offered to you"),
        "waits_unread": _("{n} unread"),
        "waits_unread_one": _("1 unread"),
    }


def _watching() -> dict[str, str]:
    return {
        "served_by": _("with {name}"),
        "take_over_title": _("Take over from {name}?"),
        "take_over_queue": _("Take {name} out of the queue?"),
        "take_over_text": _("You serve the customer from here on, in the workbench. {name} is told."),
        "take_over_text_queue": _("You serve the customer from here on, in the workbench."),
        "take_over_yes": _("Take over"),
        "end_title": _("End the session of {name}?"),
        "end_text": _("The customer reads the closing words. The record says who ended it."),
        "end_yes": _("End session"),
        "note_left": _("Note left. The customer does not see it."),
        "note_for": _("Note for {name}, hidden from the customer"),
        "note_for_nobody": _("Note for whoever serves, hidden from the customer"),
        "watch_over": _("This session has ended."),
        "watch_lost": _("This session is in none of your groups any more."),
        "watch_failed": _("This session cannot be watched now."),
        "is_yours": _("This session is with you."),
    }
