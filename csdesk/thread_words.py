"""The words of a conversation on the screen (static/ui/thread.js), the same at every door."""

from django.utils.translation import gettext as _


def thread_words() -> dict[str, str]:
    """The words that a `Thread` needs, in the reader's language; gaps stand in braces."""
    return {
        "assistant": _("Assistant"),
        "cancel": _("Cancel"),
        "card": _("Card"),
        "discard": _("Discard"),
        "edit_again": _("Edit again"),
        "ended": _("Chat ended {time}"),
        "ended_by_time": _("Chat ended {time}, nothing was written for a while"),
        "ended_short": _("Chat ended"),
        "file": _("File"),
        "hours": _("{n} h"),
        "minutes": _("{n} min"),
        "not_sent": _("Not sent"),
        "now": _("now"),
        "open_page": _("Open"),
        "picture": _("Picture"),
        "picture_named": _("Picture: {name}"),
        "rated": _("Rated: {level}"),
        "rating_comment": _("Anything to add (optional)"),
        "rating_failed": _("The rating could not be sent. Please try again."),
        "rating_head": _("How was our service?"),
        "rating_over": _("The time for this rating is over."),
        "rating_send": _("Send rating"),
        "rating_waits": _("Invited to rate, no answer yet"),
        "read": _("Read"),
        "recall": _("Take back"),
        "recalled_by": _("{name} took back a message"),
        "recalled_own": _("You took back a message"),
        "recalled_short": _("[Taken back]"),
        "retry": _("Retry"),
        "sending": _("Sending"),
        "sent": _("Sent"),
        "service": _("Service"),
        "show_all": _("Show all"),
        "show_less": _("Show less"),
        "today": _("Today"),
        "unknown": _("This message cannot be shown here"),
        "yesterday": _("Yesterday"),
    }
