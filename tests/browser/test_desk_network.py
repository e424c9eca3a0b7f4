"""The workbench on a bad network (D-3, D-16): lost frames, lost connections, refused messages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests import factories as make
from tests.browser.customers import Customer
from tests.browser.windows import new_words
from tests.browser.workbenches import Workbench, Workbenches
from tests.browsers import Pages


class Network:
    """Stands between a workbench and the server; loses, answers or cuts what a test wants."""

    def __init__(self, page: Page) -> None:
        self.lose: Callable[[dict], bool] = lambda frame: False
        self.refuse: Callable[[dict], bool] = lambda frame: False
        self.swallow: Callable[[dict], bool] = lambda frame: False
        self.is_down = False
        self.socket: WebSocketRoute | None = None
        self.sent: list[dict] = []
        self.heard: list[dict] = []
        page.route_web_socket("**/ws/desk/", self._open)

    def _open(self, socket: WebSocketRoute) -> None:
        if self.is_down:
            socket.close(code=1001)
            return
        self.socket = socket
        server = socket.connect_to_server()
        socket.on_message(lambda text: self._to_server(socket, server, text))
        server.on_message(lambda text: self._to_page(socket, text))

    def _to_page(self, socket: WebSocketRoute, text: str) -> None:
        frame = json.loads(text)
        self.heard.append(frame)
        if not self.lose(frame):
            socket.send(text)

    def tell_page(self, frame: dict) -> None:
        self.socket.send(json.dumps(frame))

    def _to_server(self, socket: WebSocketRoute, server: WebSocketRoute, text: str) -> None:
        frame = json.loads(text)
        self.sent.append(frame)
        if self.swallow(frame):
            return
        if self.refuse(frame):
            refusal = {"op": "error", "code": "unavailable", "detail": "", "client_id": frame["client_id"]}
            socket.send(json.dumps(refusal))
        else:
            server.send(text)

    def cut(self) -> None:
        self.is_down = True
        self.socket.close(code=1001)

    def mend(self) -> None:
        self.is_down = False


@pytest.fixture
def served(
    open_workbench: Workbenches, new_customer: Callable[[], Customer]
) -> tuple[Workbench, Customer, Network]:
    """A workbench behind a network that can be broken, with one chosen session."""
    bench = open_workbench(make.make_member(), lang="en-GB")
    network = Network(bench.page)
    bench.page.reload()
    bench.wait_live()
    customer = new_customer()
    words = new_words("Hello")
    customer.say(words)
    bench.choose(words)
    return bench, customer, network


def test_a_lost_message_is_fetched_and_stands_in_its_place(served) -> None:
    bench, customer, network = served
    lost, seen = new_words("lost"), new_words("seen")
    network.lose = lambda frame: frame["op"] == "message" and frame["message"].get("text") == lost
    customer.say(lost)
    network.lose = lambda frame: False
    customer.say(seen)
    bench.expect_message(lost)
    bench.expect_message(seen)
    texts = bench.thread.locator(".bubble").all_inner_texts()
    assert texts.index(lost) < texts.index(seen)
    bench.wait_live()


def test_a_lost_acknowledgement_makes_no_second_message(served) -> None:
    bench, customer, network = served
    words = new_words("once")
    network.lose = lambda frame: frame["op"] == "ack" or frame.get("client_id") is not None
    bench.say(words)
    customer.until_heard(words)
    network.lose = lambda frame: False
    network.cut()
    expect(bench.live).to_have_attribute("data-live", "offline")
    network.mend()
    bench.wait_live()
    bench.expect_message(words)
    expect(bench.thread.locator(".bubble.sending, .bubble.failed")).to_have_count(0)
    assert customer.texts().count(words) == 1


def test_what_is_written_without_a_connection_goes_when_it_is_back(served) -> None:
    bench, customer, network = served
    network.cut()
    expect(bench.live).to_have_attribute("data-live", "offline")
    words = new_words("patience")
    bench.say(words)
    expect(bench.bubble(words)).to_have_class("bubble sending")
    expect(bench.page.locator("#offline-banner")).to_be_visible()
    expect(bench.page.locator("#end")).to_be_disabled()
    missed = new_words("meanwhile")
    customer.say(missed)
    network.mend()
    bench.page.evaluate("dispatchEvent(new Event('online'))")
    bench.wait_live()
    customer.until_heard(words)
    bench.expect_message(missed)
    expect(bench.bubble(words)).not_to_have_class("bubble sending")
    expect(bench.page.locator("#offline-banner")).to_be_hidden()


def test_the_browsers_word_of_a_lost_network_counts_at_once(
    page_factory: Pages, open_workbench: Workbenches, new_customer: Callable[[], Customer]
) -> None:
    """D-3: what is written then waits and is no failure; it goes by itself."""
    page_factory.expect("ERR_INTERNET_DISCONNECTED")
    bench = open_workbench(make.make_member(), lang="en-GB")
    customer = new_customer()
    words = new_words("Hello")
    customer.say(words)
    bench.choose(words)
    bench.page.context.set_offline(True)
    expect(bench.live).to_contain_text("No connection", timeout=2_000)
    words = new_words("patience")
    bench.say(words)
    state = bench.thread.locator(".message-state").last
    expect(state).to_contain_text("Waiting to be sent")
    expect(state).not_to_have_class(re.compile("failed"))
    bench.page.context.set_offline(False)
    bench.wait_live()
    customer.until_heard(words)
    expect(state).to_contain_text("Sent")


def test_a_message_into_a_silent_line_waits_and_goes_by_another(served) -> None:
    bench, customer, network = served
    bench.page.clock.install()
    words = new_words("into the void")
    network.lose = lambda frame: True
    network.swallow = lambda frame: True
    bench.say(words)
    bench.page.clock.run_for(10_500)
    network.lose = network.swallow = lambda frame: False
    bench.page.clock.run_for(1_000)
    bench.wait_live()
    customer.until_heard(words)
    expect(bench.thread.locator(".message-state.failed")).to_have_count(0)
    assert customer.texts().count(words) == 1


def test_unsent_words_survive_a_reload(served) -> None:
    bench, customer, network = served
    network.cut()
    expect(bench.live).to_have_attribute("data-live", "offline")
    words = new_words("kept")
    bench.say(words)
    network.mend()
    bench.page.reload()
    bench.wait_live()
    customer.until_heard(words)
    bench.expect_message(words)


def test_a_refused_message_can_be_tried_again_or_given_up(served) -> None:
    bench, customer, network = served
    words, other = new_words("again"), new_words("never mind")
    network.refuse = lambda frame: frame["op"] == "send"
    bench.say(words)
    failed = bench.thread.locator(".message-state.failed")
    expect(failed).to_contain_text("This does not work right now")
    bench.say(other)
    expect(failed).to_have_count(2)
    failed.last.get_by_role("button", name="Discard").click()
    network.refuse = lambda frame: False
    failed.first.get_by_role("button", name="Retry").click()
    customer.until_heard(words)
    expect(failed).to_have_count(0)
    ids = {frame["client_id"] for frame in network.sent if frame["op"] == "send"}
    assert len(ids) == 2
    assert other not in customer.texts()


def test_the_composer_says_when_the_view_is_behind(served) -> None:
    bench, customer, network = served
    lost, seen = new_words("unseen"), new_words("seen")
    network.lose = lambda frame: frame["op"] == "synced" or frame.get("message", {}).get("text") == lost
    customer.say(lost)
    customer.say(seen)
    expect(bench.live).to_have_attribute("data-live", "catching")
    bench.say("Is anybody there?")
    expect(bench.notice).to_contain_text("Catching up")
    assert "Is anybody there?" not in customer.texts()
    bench.notice.get_by_role("button", name="Send anyway").click()
    customer.until_heard("Is anybody there?")


def test_what_is_said_of_a_gap_goes_when_it_has_closed(served) -> None:
    bench, customer, network = served
    lost, seen, answer = new_words("unseen"), new_words("seen"), new_words("answer")
    network.lose = lambda frame: frame["op"] == "synced" or frame.get("message", {}).get("text") == lost
    customer.say(lost)
    customer.say(seen)
    expect(bench.live).to_have_attribute("data-live", "catching")
    bench.say(answer)
    expect(bench.notice).to_contain_text("Catching up")
    network.lose = lambda frame: False
    bench.expect_message(lost)
    expect(bench.notice).to_be_hidden()
    expect(bench.box).to_have_value(answer)
    bench.box.press("Enter")
    customer.until_heard(answer)


def test_the_composer_says_when_a_colleague_was_faster(served) -> None:
    bench, customer, network = served
    bench.box.press_sequentially("My answer")
    newest = next(frame for frame in reversed(network.heard) if frame["op"] == "message")
    number = {"seq": newest["seq"] + 1, "rev": newest["rev"] + 1}
    colleague = {"kind": "agent", "id": "0", "name": "周宁", "avatar": ""}
    network.tell_page(newest | number | {"from": colleague, "message": {"type": "text", "text": "Mine"}})
    bench.expect_message("Mine")
    bench.box.press("Enter")
    expect(bench.notice).to_contain_text("周宁 replied at")
    assert "My answer" not in customer.texts()
    bench.notice.get_by_role("button", name="Send anyway").click()
    customer.until_heard("My answer")


def test_a_sign_in_that_ran_out_leads_to_the_sign_in_page(served) -> None:
    bench, _customer, network = served
    bench.page.context.clear_cookies()
    network.cut()
    network.mend()
    bench.page.wait_for_url("**/login/**", timeout=15_000)
