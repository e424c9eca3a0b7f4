"""Settings of the bot (B-3, B-4, B-7, B-11): each section is a tab of the console's bot settings."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from apps.team.business import InvalidSetting, Section
from apps.team.setting_fields import Words, choice, share, whole, words, yes_or_no

MENU = "bot"


@dataclass(frozen=True)
class WelcomeSettings(Section):
    """The card a conversation begins with (B-3); its questions are rows of their own."""

    name: ClassVar[str] = "bot_welcome"
    title: ClassVar = _("Welcome card")
    help: ClassVar = _(
        "The questions that customers find in the chat before they have asked one. Applies at once."
    )
    menu: ClassVar[str] = MENU
    order: ClassVar[int] = 10

    is_shown: bool = yes_or_no(True, _("Show the card"), _("It needs at least one question."))
    card_title: Words = words(
        {"zh-hans": "猜你想问", "en": "Popular questions"}, _("Title of the card"), required=True
    )


@dataclass(frozen=True)
class SwitchSettings(Section):
    """What the bot does at all (B-4, B-7, B-11)."""

    name: ClassVar[str] = "bot_switches"
    title: ClassVar = _("Switches")
    help: ClassVar = _("What the bot does. A switch applies at once, without publishing.")
    menu: ClassVar[str] = MENU
    order: ClassVar[int] = 20

    is_on: bool = yes_or_no(
        True,
        _("The bot answers"),
        _("Off: a customer's first message asks for an agent. On: the bot answers once you have published."),
    )
    bot_name: Words = words(
        {"zh-hans": "智能助手", "en": "Assistant"},
        _("Name of the bot"),
        _("Stands above what it says."),
        required=True,
    )
    chitchat_on: bool = yes_or_no(
        True, _("Chit-chat"), _("Greetings, thanks and small talk are answered from the chit-chat library.")
    )
    guide_on: bool = yes_or_no(
        True,
        _("Guided questions"),
        _("When no answer is sure enough, the customer is shown the questions that come nearest."),
    )
    asks_helpful: bool = yes_or_no(
        True, _("Ask “Was this helpful?”"), _("Under each answer from the Q&A library: thumbs up or down.")
    )


@dataclass(frozen=True)
class AnswerSettings(Section):
    """How sure the bot must be, and what it says when it is not (B-4)."""

    name: ClassVar[str] = "bot_answers"
    title: ClassVar = _("Answering")
    help: ClassVar = _(
        "Each question gets a score from 0 to 1: about how likely the answer found is the right one. "
        "These lines decide what the customer gets."
    )
    menu: ClassVar[str] = MENU
    order: ClassVar[int] = 30

    direct: float = share(
        0.80,
        _("Answer directly from"),
        _("From this score on the answer is given. Higher: fewer answers, fewer wrong ones."),
    )
    chitchat: float = share(
        0.80,
        _("Chit-chat from"),
        _("From this score on small talk is answered, when no answer of the Q&A library is sure enough."),
    )
    guide: float = share(
        0.30,
        _("Guide from"),
        _("From this score up to that of the direct answer, the nearest questions are shown to choose from."),
    )
    guide_most: int = whole(3, _("Guided questions at once"), minimum=1, maximum=10, unit=_("questions"))
    guide_times: int = whole(
        2,
        _("Guide in a row at most"),
        _("Who still has no answer after as many guided questions gets the fall-back instead."),
        minimum=1,
        maximum=10,
        unit=_("times"),
    )
    guide_words: Words = words(
        {"zh-hans": "您可能想问", "en": "Did you mean one of these?"}, _("Guide words"), required=True
    )
    fallback: str = choice(
        "button",
        _("When nothing fits"),
        [
            ("words", _("Fall-back words")),
            ("button", _("Fall-back words with a “to human” button")),
            ("human", _("Straight to an agent")),
        ],
    )
    fallback_words: Words = words(
        {
            "zh-hans": "抱歉，这个问题我还没学会。换个说法再问问看？",
            "en": "Sorry, I don't know that one yet. Could you put it another way?",
        },
        _("Fall-back words"),
        required=True,
    )
    only_text_words: Words = words(
        {
            "zh-hans": "我还看不懂图片和文件，请用文字告诉我您的问题。",
            "en": "I can't look at pictures and files yet. Could you put your question into words?",
        },
        _("Answer to a picture or file"),
        required=True,
    )
    misses: int = whole(
        2,
        _("Misses until an agent"),
        _("After as many fall-backs without an answer in between. 0 switches it off."),
        maximum=10,
        unit=_("times"),
    )
    after_misses: str = choice(
        "offer",
        _("Then"),
        [("offer", _("offer the “to human” button")), ("start", _("start the hand-over"))],
    )
    missed_words: Words = words(
        {
            "zh-hans": "还是没能帮到您。要请人工客服来看看吗？",
            "en": "I still haven't found what you need. Shall I ask a person to help?",
        },
        _("Words when it offers an agent then"),
        required=True,
    )

    def check(self) -> None:
        if self.guide > self.direct:
            raise InvalidSetting("guide", _("Guiding must begin below the direct answer, or with it."))
