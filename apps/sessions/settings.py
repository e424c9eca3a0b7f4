"""Settings of the business about sessions, messages, ratings and files."""

import re
from dataclasses import dataclass
from typing import ClassVar

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.team.business import InvalidSetting, Section
from apps.team.setting_fields import Words, choice, lines, whole, words, yes_or_no

# What the workbench takes for a variable: `${NAME}`.
VARIABLE_NAME = re.compile(r"[A-Za-z0-9_]{1,40}")


@dataclass(frozen=True)
class ClosingSettings(Section):
    """When a session ends by itself (R-15, S-5)."""

    name: ClassVar[str] = "closing"
    title: ClassVar = _("Ending")
    help: ClassVar = _("When a session ends by itself because the customer says nothing more.")
    order: ClassVar[int] = 50

    reply_seconds: int = whole(
        600,
        _("Reply time-out"),
        _("Counted from the agent's last message that the customer has not answered. 0 switches it off."),
        maximum=7 * 86_400,
        unit=_("seconds"),
    )
    reminder_seconds: int = whole(
        0,
        _("Ask whether they are still there after"),
        _("Counted like the reply time-out, which must be longer. 0 switches it off."),
        maximum=7 * 86_400,
        unit=_("seconds"),
    )
    reminder: Words = words(
        {
            "en": "Are you still there? Just write, and we go on.",
            "zh-hans": "您还在吗？有需要随时回复，我们接着为您处理。",
        },
        _("Reminder"),
    )
    flow_seconds: int = whole(
        1800,
        _("Inactivity before a human"),
        _("A session that has not reached a human ends after this time without a word of the customer."),
        minimum=10,
        maximum=86_400,
        unit=_("seconds"),
    )

    def check(self) -> None:
        if self.reminder_seconds and self.reply_seconds and self.reminder_seconds >= self.reply_seconds:
            raise InvalidSetting("reminder_seconds", _("The reminder must come before the reply time-out."))
        if self.reminder_seconds and not self.reply_seconds:
            raise InvalidSetting(
                "reminder_seconds", _("Without a reply time-out nobody is reminded. Set both, or neither.")
            )
        if self.reminder_seconds and not self.reminder.enabled:
            raise InvalidSetting("reminder", _("A reminder is set above, but its words are switched off."))


@dataclass(frozen=True)
class RatingSettings(Section):
    """How customers are asked to rate (S-16)."""

    name: ClassVar[str] = "rating"
    title: ClassVar = _("Rating")
    help: ClassVar = _(
        "How customers are asked whether they are satisfied, and for how long they can answer."
    )
    order: ClassVar[int] = 60

    is_on: bool = yes_or_no(True, _("Ratings"), _("Switches all invitations on or off."))
    agent_invites: bool = yes_or_no(True, _("Agents may invite"))
    sent_at_end: bool = yes_or_no(True, _("Sent when the session ends"))
    customer_asks: bool = yes_or_no(True, _("Customers may rate by themselves"))
    look: str = choice("stars", _("Look"), [("stars", _("Stars")), ("numbers", _("Numbers"))])
    invitation: Words = words(
        {"en": "How was our service?", "zh-hans": "这次服务您满意吗？"}, _("Invitation"), required=True
    )
    thanks: Words = words(
        {"en": "Thank you for telling us.", "zh-hans": "谢谢您的评价，我们会继续努力。"},
        _("Thanks"),
        required=True,
    )
    level_1: Words = words(
        {"en": "Very dissatisfied", "zh-hans": "非常不满意"}, _("Level 1 (worst)"), required=True
    )
    level_2: Words = words({"en": "Dissatisfied", "zh-hans": "不满意"}, _("Level 2"), required=True)
    level_3: Words = words({"en": "All right", "zh-hans": "一般"}, _("Level 3"), required=True)
    level_4: Words = words({"en": "Satisfied", "zh-hans": "满意"}, _("Level 4"), required=True)
    level_5: Words = words(
        {"en": "Very satisfied", "zh-hans": "非常满意"}, _("Level 5 (best)"), required=True
    )
    valid_hours: int = whole(
        12, _("Valid for"), _("Later answers are refused."), minimum=1, maximum=720, unit=_("hours")
    )

    def check(self) -> None:
        if self.is_on and not (self.agent_invites or self.sent_at_end or self.customer_asks):
            raise InvalidSetting("is_on", _("Ratings are on, but nobody is ever asked for one."))
        for language, _name in settings.LANGUAGES:
            texts = [text.casefold() for text in self.levels(language)]
            for number, text in enumerate(texts, 1):
                if text in texts[: number - 1]:
                    raise InvalidSetting(
                        f"level_{number}",
                        _("“%(text)s” is another level too: customers could not tell them apart.")
                        % {"text": self.levels(language)[number - 1]},
                    )

    def levels(self, language: str) -> list[str]:
        """The texts of the five levels, worst first."""
        every = (self.level_1, self.level_2, self.level_3, self.level_4, self.level_5)
        return [level.text(language) for level in every]


@dataclass(frozen=True)
class SummarySettings(Section):
    """Summing sessions up (D-7)."""

    name: ClassVar[str] = "summary"
    title: ClassVar = pgettext_lazy("of a session", "Summary")
    help: ClassVar = _(
        "What agents note when a session has ended: what it was about, whether it is resolved."
    )
    order: ClassVar[int] = 65

    is_required: bool = yes_or_no(
        False,
        _("Each session needs a summary"),
        _("An agent whose session has ended gets no new ones until its summary is filled in."),
    )


@dataclass(frozen=True)
class QuickReplySettings(Section):
    """What may stand in quick replies beside our own variables (D-5)."""

    name: ClassVar[str] = "quick_replies"
    title: ClassVar = _("Quick reply variables")
    help: ClassVar = _(
        "In quick replies ${CustomerName}, ${StaffName}, ${OrderNo} and such are filled in by themselves."
    )
    order: ClassVar[int] = 66

    variables: tuple[str, ...] = lines(
        [],
        _("More variables"),
        _("Names that your app or page sends along, one per line, without ${ }."),
        maximum=50,
        longest=40,
    )

    def check(self) -> None:
        strange = next((name for name in self.variables if not VARIABLE_NAME.fullmatch(name)), None)
        if strange is not None:
            words = _("“%(name)s” can't be a variable: letters, digits and _ only.") % {"name": strange}
            raise InvalidSetting("variables", words)


@dataclass(frozen=True)
class MessageSettings(Section):
    """Recall, typing preview and files (S-8, S-9, S-10)."""

    name: ClassVar[str] = "messages"
    title: ClassVar = _("Messages and files")
    help: ClassVar = _("What can be taken back, and what can be sent.")
    order: ClassVar[int] = 70

    recall_seconds: int = whole(
        120,
        _("Recall"),
        _("For how long a message can be taken back. 0 switches it off."),
        maximum=86_400,
        unit=_("seconds"),
    )
    customer_recalls: bool = yes_or_no(False, _("Customers may recall too"))
    typing_preview: bool = yes_or_no(
        False,
        _("Agents see what is being typed"),
        _("Customers are told so in the window. What was typed and not sent is never stored."),
    )
    file_megabytes: int = whole(20, _("Largest file"), minimum=1, maximum=200, unit=_("MB"))
    daily_megabytes: int = whole(
        200,
        _("Files per person and day"),
        _("Uploads beyond this are refused until tomorrow."),
        minimum=1,
        maximum=100_000,
        unit=_("MB"),
    )

    def check(self) -> None:
        if self.customer_recalls and not self.recall_seconds:
            raise InvalidSetting("customer_recalls", _("Nothing can be taken back: the time above is 0."))
        if self.daily_megabytes < self.file_megabytes:
            raise InvalidSetting(
                "daily_megabytes", _("Less than one largest file: such a file could never be sent.")
            )


@dataclass(frozen=True)
class PermissionSettings(Section):
    """What becomes of records and details that a member may not see (C-8, X-7)."""

    name: ClassVar[str] = "permissions"
    title: ClassVar = _("Permissions")
    help: ClassVar = _("What members find where they may not look.")
    order: ClassVar[int] = 90

    locked_are_shown: bool = yes_or_no(
        False,
        _("Locked records can be asked for"),
        _(
            "Who opens a record they may not read is told that it is locked, and can ask for access. "
            "Off: it looks like one that does not exist."
        ),
    )
    access_hours: int = whole(
        24,
        _("Access is granted for"),
        _("Suggested when a request is granted; each can get another time."),
        minimum=1,
        maximum=720,
        unit=_("hours"),
    )
    contact_searches: int = whole(
        30,
        _("Searches for phone numbers and e-mails"),
        _("Within an hour, by members who may not see them in full. Each search is in the access log."),
        minimum=0,
        maximum=10_000,
    )
