"""Settings of the business about the flow, reception, the queue, presence and the words (R)."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.routing.group_fields import one_group, some_groups
from apps.routing.hour_fields import special_days, time_zone, weekly
from apps.routing.intervals import Interval, SpecialDays
from apps.routing.models import Status
from apps.team.business import InvalidSetting, Section
from apps.team.models import Reception, SkillGroup
from apps.team.setting_fields import Words, choice, lines, name_of, whole, words, yes_or_no

SECONDS = _("seconds")


@dataclass(frozen=True)
class ReceptionSettings(Section):
    """How a session reaches an agent (R-9, R-10); groups may have their own."""

    name: ClassVar[str] = "reception"
    title: ClassVar = _("Reception")
    help: ClassVar = _("How a waiting customer reaches an agent. Groups may have their own way.")
    order: ClassVar[int] = 20

    reception: str = choice(Reception.AUTOMATIC, _("Reception"), Reception.choices)
    accept_seconds: int = whole(20, _("Accept time-out"), minimum=5, maximum=600, unit=SECONDS)
    rest_after_missed: bool = yes_or_no(False, _("Set to break who missed an offer"))
    sessions_at_once: int = whole(5, _("Sessions at once per agent"), minimum=1, maximum=100)
    initial_status: str = choice(
        Status.FREE,
        _("Status after signing in"),
        [(Status.FREE.value, Status.FREE.label), (Status.NOT_READY.value, Status.NOT_READY.label)],
    )


AUTOMATIC, CHOSEN = "automatic", "chosen"


@dataclass(frozen=True)
class AllocationSettings(Section):
    """Who a customer that asks for a human is sent to (R-5)."""

    name: ClassVar[str] = "allocation"
    title: ClassVar = pgettext_lazy("settings", "Allocation")
    help: ClassVar = _(
        "Where a customer goes who asks for a human: to whoever is free, or where they choose."
    )
    order: ClassVar[int] = 17

    strategy: str = choice(
        AUTOMATIC,
        pgettext_lazy("settings", "Allocation strategy"),
        [(AUTOMATIC, _("Automatic allocation")), (CHOSEN, _("The customer chooses a group"))],
    )
    groups: tuple[int, ...] = some_groups(
        _("Groups to choose from"), _("None marked: all groups, also those made later.")
    )
    menu_words: Words = words(
        {"zh-hans": "请选择您要咨询的内容：", "en": "What is it about? Please choose:"},
        _("Words above the groups"),
        required=True,
    )
    menu_tail: Words = words(
        {"zh-hans": "点选一项，或回复它的名称或序号。", "en": "Tap one, or reply with its name or number."},
        _("Words below the groups"),
    )
    again_words: Words = words(
        {"zh-hans": "请从下面的选项中选择一项。", "en": "Please choose one of these."},
        _("Words before the groups when the answer named none"),
    )
    is_numbered: bool = yes_or_no(
        False, _("Number the groups"), _("“1. Sales”. The number alone is understood in any case.")
    )
    default_group: int = one_group(
        _("Who does not choose"),
        _("After three answers that name no group."),
        none=_("goes to whoever is free"),
    )

    def check(self) -> None:
        there = set(SkillGroup.objects.present().values_list("pk", flat=True))
        if self.strategy == CHOSEN and not there:
            raise InvalidSetting("strategy", _("There are no groups yet to choose from."))
        gone = _("This group is not there any more. Load the page anew.")
        if not there.issuperset(self.groups):
            raise InvalidSetting("groups", gone)
        if self.default_group and self.default_group not in there:
            raise InvalidSetting("default_group", gone)


@dataclass(frozen=True)
class QueueSettings(Section):
    """Limits of the queue (R-11); groups may have their own."""

    name: ClassVar[str] = "queue"
    title: ClassVar = _("Queue")
    help: ClassVar = _("How long, and how many, customers may wait. Groups may have their own limits.")
    order: ClassVar[int] = 30

    wait_seconds: int = whole(1800, _("Waiting limit"), minimum=10, maximum=86_400, unit=SECONDS)
    queue_limit: int = whole(0, _("Queue length limit"), _("0 = unlimited."), maximum=100_000)
    queue_without_agents: bool = yes_or_no(False, _("Queue even when no agent is signed in"))


@dataclass(frozen=True)
class FlowSettings(Section):
    """When a customer is taken to ask for a human (R-3)."""

    name: ClassVar[str] = "flow"
    title: ClassVar = _("To human")
    help: ClassVar = _("Words with which a customer asks for a human.")
    order: ClassVar[int] = 10

    keywords: tuple[str, ...] = lines(
        ["人工", "转人工", "人工客服", "agent", "human"],
        _("Keywords that ask for a human"),
        _("One per line. Empty: no word does, only the button and the bot lead to a human."),
    )
    match: str = choice(
        "exact",
        _("A keyword counts"),
        [("exact", _("when it is the whole message")), ("contained", _("anywhere in the message"))],
    )

    def check(self) -> None:
        short = next((word for word in self.keywords if len(word) < 2), None)
        if self.match == "contained" and short:
            raise InvalidSetting(
                "keywords",
                _("“%(word)s” is in far too many messages to count anywhere in them.") % {"word": short},
            )


# The reasons that everybody has: kept by code, shown in each reader's language.
REST_REASONS = {
    "meal": pgettext_lazy("reason for a break", "Meal"),
    "training": pgettext_lazy("reason for a break", "Training"),
    "meeting": pgettext_lazy("reason for a break", "Meeting"),
    "rest": pgettext_lazy("reason for a break", "Rest"),
}


def rest_reason_name(reason: str) -> str:
    """A reason for a break as its reader sees it: a code in words, a business's own text as it is."""
    return name_of(reason, REST_REASONS)


@dataclass(frozen=True)
class PresenceSettings(Section):
    """Breaks, wrap-up and lost workbenches (R-10)."""

    name: ClassVar[str] = "presence"
    title: ClassVar = _("Availability")
    help: ClassVar = _("What happens when an agent takes a break, ends a session or is disconnected.")
    order: ClassVar[int] = 40

    grace_seconds: int = whole(
        60, _("Offline after the connection was lost for"), minimum=10, maximum=3600, unit=SECONDS
    )
    wrap_up_seconds: int = whole(0, _("Wrap-up after a session"), _("0 = none."), maximum=3600, unit=SECONDS)
    rest_reasons: tuple[str, ...] = lines(
        REST_REASONS,
        _("Reasons for a break"),
        _("One per line. The usual ones appear in each agent's language, your own as you write them."),
        maximum=20,
        names=REST_REASONS,
    )


WEEKDAYS_NINE_TO_SIX = ("09:00-18:00",) * 5 + ("", "")


@dataclass(frozen=True)
class HoursSettings(Section):
    """When customers can reach a human (R-16); groups may have their own. `hours` says what follows."""

    name: ClassVar[str] = "hours"
    title: ClassVar = pgettext_lazy("settings", "Working hours")
    help: ClassVar = _(
        "When customers can reach a human. Outside these hours they are told so, and the bot goes on."
    )
    order: ClassVar[int] = 55

    is_on: bool = yes_or_no(False, pgettext_lazy("settings", "Working hours"), _("Off: always open."))
    zone: str = time_zone(
        _("Time zone"), _("The hours below are times in this zone, also when clocks change.")
    )
    week: tuple[tuple[Interval, ...], ...] = weekly(
        WEEKDAYS_NINE_TO_SIX,
        _("Weekdays"),
        _("Several times: 09:00-12:00, 13:00-18:00. Past midnight: 20:00-02:00. Empty: closed."),
    )
    days: tuple[SpecialDays, ...] = special_days(
        _("Holidays and extra days"),
        _("They count instead of the weekday. No hours: closed. Hours belong to the day they begin on."),
    )

    def check(self) -> None:
        if self.is_on and not any(self.week) and not any(one.intervals for one in self.days):
            raise InvalidSetting("week", _("You would never be open. Give some hours, or switch this off."))


STAFF = ("StaffName", "StaffNo")
PLACE = ("QueuePosition", "WaitNo")


@dataclass(frozen=True)
class PromptSettings(Section):
    """The words customers get (R-4), in both languages, each of which can be switched off."""

    name: ClassVar[str] = "prompts"
    title: ClassVar = _("Prompts")
    help: ClassVar = _("The words customers get at each turn, in their language. Each can be switched off.")
    order: ClassVar[int] = 15

    welcome: Words = words(
        {
            "zh-hans": "您好，欢迎咨询！请描述您的问题，我们马上为您服务。",
            "en": "Hello and welcome! How can we help you?",
        },
        _("Welcome"),
    )
    connecting: Words = words(
        {
            "zh-hans": "正在为您接入人工客服，请稍候。",
            "en": "We are connecting you to an agent. One moment, please.",
        },
        _("Connecting to an agent"),
    )
    connected: Words = words(
        {
            "zh-hans": "您好，客服 ${StaffName}（工号 ${StaffNo}）很高兴为您服务。",
            "en": "You are now talking to ${StaffName} (no. ${StaffNo}).",
        },
        _("Connected to an agent"),
        names=STAFF,
    )
    handover_failed: Words = words(
        {
            "zh-hans": "抱歉，暂时没有客服可以接待您，请稍后再来咨询。",
            "en": "Sorry, nobody can take your question right now. Please try again later.",
        },
        _("No agent could be reached"),
    )
    queueing: Words = words(
        {
            "zh-hans": "当前咨询人数较多，您排在第 ${QueuePosition} 位，前面还有 ${WaitNo} 人，请稍候。",
            "en": "All agents are busy. You are number ${QueuePosition}, with ${WaitNo} before you.",
        },
        pgettext_lazy("prompt", "Queueing"),
        names=PLACE,
    )
    left_queue: Words = words(
        {
            "zh-hans": "好的，已为您取消排队。您可以继续向我提问。",
            "en": "All right, you have left the queue. You can go on asking me.",
        },
        _("Out of the queue"),
        _("When the customer leaves the queue and the bot goes on"),
    )
    returned: Words = words(
        {
            "zh-hans": "抱歉，客服暂时离开了，我们正在为您联系其他同事，请稍候。",
            "en": "Sorry, your agent had to leave. We are finding a colleague for you. One moment, please.",
        },
        _("Back in the queue"),
        _("When the agent was lost while serving"),
    )
    timeout_close: Words = words(
        {
            "zh-hans": "由于您长时间未回复，本次会话已自动结束。如需帮助，欢迎随时再来。",
            "en": "We haven't heard from you for a while, so this chat has ended. Write again any time.",
        },
        _("Last words after a time-out"),
    )
    active_close: Words = words(
        {
            "zh-hans": "本次会话已结束，感谢您的咨询，祝您生活愉快！",
            "en": "This chat has ended. Thank you for contacting us!",
        },
        _("Last words when somebody ends it"),
    )
    off_hours: Words = words(
        {
            "zh-hans": "您好，现在是非工作时间，我们上班后会尽快为您服务。",
            "en": "We are closed at the moment and will be glad to help you during working hours.",
        },
        _("Outside working hours"),
    )
    blacklisted: Words = words(
        {"zh-hans": "抱歉，暂时无法为您提供服务。", "en": "Sorry, we are unable to help you here."},
        pgettext_lazy("prompt", "Blacklisted"),
    )
