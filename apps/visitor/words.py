"""The words of the customer's window, in the reader's language; gaps stand in braces."""

from functools import reduce
from operator import or_

from django.utils.translation import gettext as _

from csdesk.thread_words import thread_words


def window_words() -> dict[str, str]:
    """All words that the window's scripts put on the screen."""
    parts = (_state_words(), _pre_chat_words(), _writing_words(), _recording_words(), _trouble_words())
    return reduce(or_, parts, thread_words())


def look_words() -> dict[str, str]:
    """The words of the launcher on a host page; `{n}` is filled there."""
    return {
        "open": _("Open chat"),
        "close": _("Close chat"),
        "unread": _("Open chat, {n} unread"),
        "dismiss": _("Dismiss"),
        "place": _("Customer service chat"),
        "failed": _("The chat cannot be reached at the moment."),
        "again": _("Try again"),
    }


def greeting_words() -> str:
    """What a launcher says where the channel has no greeting of its own."""
    return _("Hello! Any questions? We are happy to help.")


def _state_words() -> dict[str, str]:
    return {
        "state_closed": _("Chat ended"),
        "state_connecting": _("Connecting"),
        "state_bot": _("Our assistant is here for you"),
        "state_flow": _("Online, write to us"),
        "state_queued": _("Waiting, number {n} in line"),
        "state_called": _("An agent is being called"),
        "state_unstaffed": _("Our team is offline at the moment"),
        "state_serving": _("With {name} ({no})"),
        "state_serving_name": _("With {name}"),
        "typing": _("Typing"),
        "typing_named": _("{name} is typing"),
        "new_below": _("{n} new"),
        "to_end": _("Newest"),
        "says": _("{name} says: {text}"),
        "title_unread": _("({n}) {title}"),
    }


def _pre_chat_words() -> dict[str, str]:
    return {
        "pre_chat_agree": _("Please agree first."),
        "pre_chat_choose": _("Please choose"),
        "pre_chat_notice": _("Privacy notice"),
        "pre_chat_optional": _("(optional)"),
        "pre_chat_required": _("Please fill this in."),
        "pre_chat_start": _("Start chat"),
        "pre_chat_title": _("Before we begin"),
    }


def _writing_words() -> dict[str, str]:
    return {
        "letters": _("{n} of {limit} characters"),
        "drop_here": _("Drop it here to send it"),
        "emoji": _("Emoji"),
        "notice_on": _("Desktop notices: on"),
        "notice_off": _("Desktop notices: off"),
        "sound_on": _("Sound: on"),
        "sound_off": _("Sound: off"),
        "dismiss": _("Dismiss"),
    }


def _recording_words() -> dict[str, str]:
    return {
        "record_asking": _("Please allow the microphone"),
        "record_left": _("{n} s left"),
        "record_let_go": _("Let go to discard"),
        "record_none_video": _("No camera was found."),
        "record_none_voice": _("No microphone was found."),
        "record_ready": _("Up to one minute"),
        "record_refused_video": _(
            "The camera cannot be used. Allow camera and microphone for this page in your browser."
        ),
        "record_refused_voice": _("The microphone cannot be used. Allow it for this page in your browser."),
        "record_short": _("That was too short. Speak, then press stop."),
        "record_slide": _("Let go to stop, slide up to discard"),
        "record_start": _("Start recording"),
        "record_stop": _("Stop recording"),
        "record_video": _("Record a video instead"),
        "record_voice": _("Record a voice message"),
        "recording": _("Recording"),
        "send": _("Send"),
    }


def _trouble_words() -> dict[str, str]:
    return {
        "gone": _("This chat is not available at the moment."),
        "gone_token_expired": _("You are no longer signed in. Reload the page to go on."),
        "gone_unauthorized": _("You could not be signed in. Reload the page to try again."),
        "offline_in": _("Offline, trying again in {n} s"),
        "reconnecting": _("Offline, connecting again"),
        "try_now": _("Try now"),
        "not_sent_yet": _("Not sent yet"),
        "waits_turn": _("Waiting, goes on by itself"),
        "files_lost": _("Not sent, please choose again: {names}"),
        "file_empty": _("“{name}” is empty."),
        "file_too_large": _("“{name}” is {size} MB, the limit is {limit} MB."),
        "refused": _("That did not work. Please try again."),
        "refused_rate_limited": _("Too much at once. Please wait a moment."),
        "refused_too_large": _("Too large to be sent"),
        "refused_unavailable": _("The service cannot be reached right now."),
        "refused_upload_gone": _("The file is gone, please send it again."),
        "refused_wrong_state": _("This is not possible any more."),
    }
