"""What goes at night, and what stays (S-7, S-17, X-2, X-3)."""

from datetime import timedelta

import pytest

from apps.routing import closing, flow, purging, tasks
from apps.sessions.models import ChatSession, Customer, Message, PostKey, VisitorToken
from tests import factories as make
from tests.routing import scene
from tests.routing.scene import customer_comes

pytestmark = pytest.mark.usefixtures("time")


def test_a_look_that_led_to_nothing_goes_with_its_customer(time):
    looked = customer_comes()
    closing.by_customer(looked.id)
    still_open = customer_comes()
    spoken = customer_comes()
    scene.says(spoken, "Hello")
    closing.by_customer(spoken.id)
    time.move(3700, sweep=False)
    tasks.purge()
    assert set(ChatSession.objects.values_list("id", flat=True)) == {still_open.id, spoken.id}
    assert not Customer.objects.filter(id=looked.customer_id).exists()
    assert not Message.objects.filter(session_id=looked.id).exists()
    assert Message.objects.filter(session_id=spoken.id).count() == spoken.messages.count() > 2


def test_a_customer_who_has_come_for_more_stays(time):
    spoken = customer_comes()
    scene.says(spoken, "Hello")
    closing.by_customer(spoken.id)
    looked = flow.trigger(spoken.customer, spoken.channel)
    closing.by_customer(looked.id)
    time.move(3700, sweep=False)
    assert purging.looks() == 1
    assert Customer.objects.filter(id=spoken.customer_id).exists()


def test_a_look_of_a_moment_ago_stays_for_now(time):
    closing.by_customer(customer_comes().id)
    assert purging.looks() == 0


def test_message_keys_go_after_seven_days(time):
    session = customer_comes()
    scene.says(session, "Hello")
    PostKey.objects.update(created_at=time.now)
    time.now += timedelta(days=6)
    assert purging.post_keys() == 0
    time.now += timedelta(days=2)
    assert purging.post_keys() == 1
    assert PostKey.objects.count() == 0


def test_tokens_that_are_over_go(time):
    channel = make.make_channel()
    for number in (1, -1):
        VisitorToken.objects.create(
            hash=str(number), channel=channel, expires_at=time.now + timedelta(minutes=number)
        )
    assert purging.visitor_tokens() == 1
    assert VisitorToken.objects.get().hash == "1"
