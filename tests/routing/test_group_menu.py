"""The customer chooses a group (R-5b, src 15): listed, chosen, repeated, at last sent to the default one."""

import threading

import pytest
from django.db import connection

from apps.routing import closing, flow, group_menu
from apps.routing.settings import CHOSEN, AllocationSettings, HoursSettings, QueueSettings
from apps.sessions.models import Message, SessionEvent, State
from apps.team.business import InvalidSetting
from apps.team.models import SkillGroup
from tests import factories as make
from tests.routing import knower, scene
from tests.routing.scene import again, asks, codes, customer_comes

pytestmark = pytest.mark.usefixtures("time")


@pytest.fixture
def groups() -> list[SkillGroup]:
    """Two groups to choose from, each with an agent who may serve one."""
    made = [make.make_group(name="Returns"), make.make_group(name="Sales")]
    for group in made:
        scene.agent_at_desk(group, session_limit=1)
    let_choose(made)
    return made


def let_choose(groups: list[SkillGroup], **values) -> None:
    scene.set_rules(AllocationSettings, strategy=CHOSEN, groups=[group.pk for group in groups], **values)


def menus(session) -> list[dict]:
    """The contents of the menus that the customer has been shown."""
    cards = Message.objects.filter(session=session, author_kind="system", kind="custom").order_by("seq")
    return [card.body["data"]["content"] for card in cards if card.body["data"]["src"] == "15"]


def test_who_asks_for_a_human_is_shown_the_groups(groups):
    session = asks(customer_comes(language="en"))
    assert session.state == State.FLOW
    [menu] = menus(session)
    assert [item["content"] for item in menu["items"]] == ["Returns", "Sales"]
    assert menu["header"] and "selected" not in menu
    assert not SessionEvent.objects.filter(session=session, event="queued").exists()


@pytest.mark.parametrize("answer", ["Sales", "  sales ", "2", "２", "2."])
def test_an_item_or_its_number_leads_to_its_group(groups, answer):
    session = asks(asks(customer_comes(language="en")), answer)
    assert (session.state, session.group) == (State.SERVING, groups[1])
    assert session.flow_place == {}
    [menu] = menus(session)
    assert menu["selected"] == {"content": "Sales"}
    detail = SessionEvent.objects.get(session=session, event="queued").detail
    assert detail == {"asked_by": "message", "chosen": True}


def test_numbered_items_say_their_number(groups):
    let_choose(groups, is_numbered=True)
    session = asks(customer_comes())
    assert [item["content"] for item in menus(session)[0]["items"]] == ["1. Returns", "2. Sales"]
    chosen = asks(session, "2. Sales")
    assert chosen.group == groups[1]
    assert menus(chosen)[0]["selected"] == {"content": "2. Sales"}
    assert asks(asks(customer_comes()), "Returns").group == groups[0]


def test_other_words_bring_the_menu_again_and_after_three_the_default(groups):
    let_choose(groups, default_group=groups[1].pk)
    session = asks(customer_comes())
    for count, words in enumerate(["Hello?", "0"], 2):
        session = asks(session, words)
        assert session.state == State.FLOW
        assert len(menus(session)) == count
    session = asks(session, "3")
    assert (session.state, session.group) == (State.SERVING, groups[1])
    assert len(menus(session)) == 3


def test_another_menu_says_why_and_takes_the_place_of_the_one_before(groups):
    session = asks(asks(customer_comes(language="en")), "Hello?")
    assert codes(session)[-3:] == ["src15", "choose_again", "src15"]
    line = Message.objects.get(session=session, body__code="choose_again")
    assert line.body["text"] == "Please choose one of these."
    first, second = menus(session)
    assert first["selected"] == {"content": ""} and "selected" not in second
    let_choose(groups, again_words={"enabled": False, "texts": {}})
    assert codes(asks(session, "Hello?"))[-2:] == ["src15", "src15"]
    assert menus(asks(session, "Sales"))[-1]["selected"] == {"content": "Sales"}


def test_without_a_default_who_does_not_choose_goes_to_whoever_is_free(groups):
    session = asks(customer_comes())
    for words in ("a", "b", "c"):
        session = asks(session, words)
    assert session.state == State.SERVING
    queued = SessionEvent.objects.get(session=session, event="queued")
    assert (queued.group, queued.detail) == (None, {"asked_by": "message"})


def test_asking_once_more_is_no_choice(groups):
    session = asks(customer_comes())
    for _press in range(2):
        flow.request_agent(session.customer, session.channel)
        assert again(session).state == State.FLOW
    assert flow.request_agent(session.customer, session.channel).state == State.SERVING


def test_the_button_is_answered_with_the_menu_and_counts_as_an_input(groups):
    session = customer_comes()
    shown = flow.request_agent(session.customer, session.channel)
    assert (shown.state, shown.waiting_since) == (State.FLOW, None)
    assert shown.engaged_at is not None
    assert len(menus(session)) == 1


def test_the_menu_means_what_was_shown_whatever_the_groups_are_called_now(groups):
    session = asks(customer_comes())
    SkillGroup.objects.filter(pk=groups[0].pk).update(name="Sales and more")
    assert asks(session, "Returns").group == groups[0]


def test_a_group_deleted_meanwhile_is_no_dead_end(groups, time):
    session = asks(customer_comes())
    SkillGroup.objects.filter(pk=groups[0].pk).update(deleted_at=time.now)
    chosen = asks(session, "Returns")
    assert chosen.state == State.SERVING
    assert SessionEvent.objects.get(session=session, event="queued").group is None


def test_with_one_group_nobody_is_asked(groups):
    let_choose(groups[:1])
    session = asks(customer_comes())
    assert (session.state, session.group) == (State.SERVING, groups[0])
    assert menus(session) == []


def test_automatic_allocation_asks_nobody(groups):
    scene.set_rules(AllocationSettings, strategy="automatic")
    assert asks(customer_comes()).state == State.SERVING


def test_a_group_with_nobody_says_so_and_the_customer_may_choose_again(groups):
    empty = make.make_group(name="Accounts")
    let_choose([empty, *groups])
    session = asks(customer_comes(language="en"))
    assert [item["desc"] for item in menus(session)[0]["items"]] == ["nobody there at the moment", "", ""]
    session = asks(session, "Accounts")
    assert (session.state, session.failed_status) == (State.FLOW, "no_agent_online")
    assert codes(session) == ["welcome", "src15", "handover_failed", "src15"]
    assert asks(session, "Returns").group == groups[0]


def test_with_nobody_in_any_group_nobody_has_to_choose():
    let_choose([make.make_group(), make.make_group()])
    session = asks(customer_comes())
    assert (session.state, session.status) == (State.CLOSED, "no_agent_online")
    assert menus(session) == []


def test_outside_the_hours_of_all_groups_nobody_has_to_choose(groups):
    scene.set_rules(HoursSettings, is_on=True, zone="UTC", week=["9-10", *[""] * 6])
    session = asks(customer_comes())
    assert (session.state, session.status) == (State.CLOSED, "off_hours")
    assert codes(session) == ["welcome", "off_hours", "src19"]


def test_a_group_outside_its_hours_says_so_and_refuses(groups):
    own = {"is_on": True, "zone": "UTC", "week": [["09:00-10:00"], [], [], [], [], [], []], "days": []}
    SkillGroup.objects.filter(pk=groups[0].pk).update(hours=own)
    session = asks(customer_comes(language="en"))
    assert [item["desc"] for item in menus(session)[0]["items"]] == ["closed at the moment", ""]
    session = asks(session, "Returns")
    assert (session.state, session.failed_status) == (State.FLOW, "off_hours")
    assert codes(session)[-2:] == ["off_hours", "src15"]


def test_who_leaves_the_queue_may_choose_again(groups):
    asks(asks(customer_comes()), "Sales")
    waiting = asks(asks(customer_comes()), "Sales")
    assert waiting.state == State.QUEUED
    closing.left_queue(waiting.id)
    left = again(waiting)
    assert (left.state, left.failed_status) == (State.FLOW, "abandoned_in_queue")
    assert codes(left)[-2:] == ["left_queue", "src15"]
    assert asks(left, "Returns").group == groups[0]


def test_a_full_queue_gives_the_choice_back(groups):
    scene.set_rules(QueueSettings, queue_limit=1)
    for _customer in range(2):
        asks(asks(customer_comes()), "Sales")
    refused = asks(asks(customer_comes()), "Sales")
    assert (refused.state, refused.failed_status) == (State.FLOW, "abandoned_in_queue")
    assert codes(refused)[-1] == "src15"


def test_an_answer_that_many_processes_see_counts_once(groups):
    session = asks(customer_comes())
    scene.says(session, "neither")
    results = []

    def go_on() -> None:
        results.append(flow.advance(session.id))
        connection.close()

    threads = [threading.Thread(target=go_on) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(menus(session)) == 2
    assert again(session).flow_place["misses"] == 1


def test_an_answer_and_the_button_at_once_count_both_and_neither_is_lost(groups):
    session = asks(customer_comes())
    said = scene.says(session, "Sales")
    unhandled = flow._unanswered(session.id)
    # The button comes between deciding and answering.
    flow.request_agent(session.customer, session.channel)
    flow._handle(unhandled)
    assert again(session).flow_seq < said.seq
    flow.advance(session.id)
    assert again(session).group == groups[1]


def test_an_answer_that_a_crash_left_is_taken_up_by_the_sweep(groups, time):
    session = asks(customer_comes())
    scene.says(session, "Returns")
    time.move(4)
    assert again(session).group == groups[0]


def test_words_taken_back_choose_nothing(groups, time):
    session = asks(customer_comes())
    scene.says(session, "Sales")
    last = Message.objects.filter(session=session, author_kind="customer").latest("seq")
    Message.objects.filter(session=session, seq=last.seq).update(recalled_at=time.now)
    flow.advance(session.id)
    assert len(menus(session)) == 1
    assert again(session).state == State.FLOW


class TestWithTheBot:
    @pytest.fixture(autouse=True)
    def published(self, monkeypatch):
        knower.publish(monkeypatch)

    def test_it_answers_until_a_human_is_asked_for(self, groups):
        session = asks(customer_comes(), "send it back")
        assert menus(session) == []
        assert len(menus(asks(session, "转人工"))) == 1

    def test_a_question_it_is_sure_of_is_answered_and_the_choice_stands(self, groups):
        session = asks(asks(customer_comes(), "转人工"), "send it back")
        assert knower.words_of(session)[-1] == "Within 7 days."
        assert len(menus(session)) == 1
        assert again(session).flow_place["misses"] == 0
        assert asks(session, "Sales").group == groups[1]

    def test_what_it_only_guesses_at_brings_the_menu_again(self, groups):
        session = asks(asks(customer_comes(), "转人工"), "return")
        assert knower.by_bot(session) == []
        assert len(menus(session)) == 2

    def test_a_hand_over_that_fails_leads_back_to_it(self, groups):
        empty = make.make_group(name="Accounts")
        let_choose([empty, *groups])
        session = asks(asks(customer_comes(), "转人工"), "Accounts")
        assert (session.state, session.flow_place) == (State.FLOW, {})
        assert knower.words_of(asks(session, "send it back"))[-1] == "Within 7 days."


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"groups": [10**12]}, "groups"),
        ({"groups": ["x"]}, "groups"),
        ({"default_group": 10**12}, "default_group"),
        ({"strategy": "server"}, "strategy"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(groups, values, field):
    with pytest.raises(InvalidSetting) as refused:
        scene.set_rules(AllocationSettings, **values)
    assert refused.value.field == field


def test_there_is_no_choice_without_groups():
    SkillGroup.objects.all().update(deleted_at="2031-01-01T00:00Z")
    with pytest.raises(InvalidSetting) as refused:
        scene.set_rules(AllocationSettings, strategy=CHOSEN)
    assert refused.value.field == "strategy"
    assert group_menu.listed() == []
