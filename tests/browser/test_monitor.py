"""The monitor (D-11, R-13): a supervisor watches, notes and takes over while a customer and an agent chat."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from apps.routing import transfer
from apps.sessions.models import ChatSession
from apps.team.models import Membership
from tests import factories as make
from tests.browser import looking
from tests.browser.customers import Customer
from tests.browser.windows import new_words
from tests.browser.workbenches import Workbench, Workbenches
from tests.stack import Stack


@pytest.fixture
def customer_of(stack: Stack) -> Iterator[Callable[[], Customer]]:
    """A customer of a channel of their own."""
    there: list[Customer] = []

    def arrive() -> Customer:
        there.append(Customer(stack.url, make.make_channel().key))
        return there[-1]

    yield arrive
    for one in there:
        one.close()


def supervisor_of(group, **fields: object):
    lead = make.make_member("supervisor", **fields)
    Membership.objects.create(member=lead, group=group, supervises=True)
    return lead


def row(page: Page, customer: Customer):
    return page.locator(f'.monitor-row[data-session="{customer.session}"]')


def looked_at(monitor: Page) -> None:
    """Nothing serious is found by axe, in either theme, and nothing is wider than a phone (Q-9)."""
    assert looking.findings(monitor, ["light", "dark"]) == []
    monitor.set_viewport_size({"width": 375, "height": 667})
    assert looking.overflow(monitor) == 0
    assert looking.findings(monitor, ["light"]) == []
    monitor.set_viewport_size({"width": 1280, "height": 800})


def test_a_supervisor_watches_notes_and_takes_over_while_they_chat(
    open_workbench: Workbenches, customer_of: Callable[[], Customer]
) -> None:
    group = make.make_group()
    bench = open_workbench(make.make_member(groups=[group]), lang="en-GB")
    agent = bench.member
    customer = customer_of()
    words = new_words("The lid is cracked")
    customer.say(words)
    bench.choose(words)

    # She does not serve, and watching makes nobody available.
    lead = supervisor_of(group, serves=False)
    # With a second group there is a filter by group.
    Membership.objects.create(member=lead, group=make.make_group(), supervises=True)
    monitor = open_workbench(lead, path="/desk/monitor/", lang="en-GB").page
    line = row(monitor, customer)
    expect(line.locator(".at-agent")).to_contain_text(agent.nickname)
    expect(line.locator(".at-state")).to_have_text("In service")
    expect(line.locator(".at-first .ring")).to_be_visible()
    shown = monitor.locator(".agent-row", has_text=agent.nickname)
    expect(shown.locator(".agent-state")).to_contain_text("Free · 0:")
    expect(shown.locator(".agent-load")).to_contain_text("1/5")

    line.click()
    pane = monitor.locator("#watch")
    expect(pane.locator(".bubble", has_text=words)).to_be_visible()
    customer.say("It leaks")
    expect(pane.locator(".bubble", has_text="It leaks")).to_be_visible()
    bench.say("Let me see")
    expect(pane.locator(".bubble", has_text="Let me see")).to_be_visible()
    expect(line.locator(".at-first .ring")).to_have_count(0)
    customer.signal("12")
    expect(pane.locator("#typing")).to_be_visible()

    looked_at(monitor)

    pane.get_by_label(f"Note for {agent.nickname}").fill("Offer a new one")
    pane.get_by_role("button", name="Leave a note").click()
    expect(bench.thread.locator(".internal")).to_contain_text("Offer a new one")
    expect(pane.locator(".internal")).to_contain_text("Offer a new one")

    pane.get_by_role("button", name="Take over").click()
    question = monitor.get_by_role("dialog", name=f"Take over from {agent.nickname}?")
    question.get_by_role("button", name="Take over").click()
    expect(monitor).to_have_url(re.compile(f"/desk/#chat/{customer.session}$"))
    expect(bench.page.locator(".desk .toast")).to_contain_text("was taken over or handed on")
    expect(bench.serving).to_have_count(0)
    theirs = Workbench(monitor, lead)
    theirs.expect_message("Let me see")
    theirs.say("I am her supervisor")
    customer.until_heard("I am her supervisor")
    assert "Offer a new one" not in str(customer.visitor.frames)
    records = ChatSession.objects.get(id=customer.session).records.order_by("number")
    assert [(one.agent, one.status) for one in records] == [(agent, "taken_over"), (lead, "")]


def test_the_monitor_is_filtered_reassigns_and_sets_agents(
    open_workbench: Workbenches, customer_of: Callable[[], Customer]
) -> None:
    group = make.make_group()
    first = open_workbench(make.make_member(groups=[group], session_limit=1), lang="en-GB")
    served, waits = customer_of(), customer_of()
    served.say("人工")
    served.until_state("serving")
    waits.say("人工")
    waits.until_state("queued")
    second = open_workbench(make.make_member(groups=[group], session_limit=1), lang="en-GB")
    waits.until_state("serving")
    queued = customer_of()
    queued.say("人工")
    queued.until_state("queued")

    admin = make.make_member("administrator", serves=False)
    monitor = open_workbench(admin, path="/desk/monitor/", lang="en-GB").page
    expect(row(monitor, queued).locator(".at-state")).to_have_text("Waiting")
    monitor.locator("#filters").get_by_role("button", name="Waiting").click()
    expect(row(monitor, served)).to_have_count(0)
    expect(row(monitor, queued)).to_be_visible()
    monitor.locator("#filters").get_by_role("button", name="All").click()
    monitor.locator(".agent-row", has_text=second.member.nickname).locator(".agent-name").click()
    expect(row(monitor, waits)).to_be_visible()
    expect(row(monitor, served)).to_have_count(0)
    monitor.locator("#filter-agent").click()

    # A third agent comes: she gets who waits; then what the first has is reassigned from one to the other.
    menu = monitor.locator(".agent-row", has_text=first.member.nickname).locator(".menu")
    menu.locator("summary").click()
    menu.get_by_role("button", name="Set to not ready").click()
    expect(first.page.locator(".desk .toast")).to_contain_text("has set you to: Not ready")
    expect(first.page.locator("#availability-label")).to_contain_text("Not ready")

    row(monitor, served).click()
    pane = monitor.locator("#watch")
    expect(pane.get_by_role("button", name="Reassign")).to_be_enabled()
    second.member.session_limit = 2
    second.member.save(update_fields=["session_limit"])
    queued.signal("27")
    queued.until_state("closed")
    pane.get_by_role("button", name="Reassign").click()
    dialog = monitor.locator("#transfer-dialog")
    dialog.locator(".transfer-row", has_text=second.member.nickname).click()
    dialog.get_by_role("button", name="Start transfer").click()
    expect(row(monitor, served).locator(".at-agent")).to_contain_text(second.member.nickname)
    expect(first.serving).to_have_count(0)
    expect(second.serving).to_have_count(2)

    # Who comes second is told so: somebody takes it while the question stands there.
    pane.get_by_role("button", name="Take over").click()
    other = open_workbench(make.make_member("administrator"), lang="en-GB")
    transfer.take_over(other.member, served.session)
    monitor.get_by_role("dialog").get_by_role("button", name="Take over").click()
    expect(monitor.locator(".toast", has_text=f"{other.member.nickname} was faster")).to_be_visible()

    pane.get_by_role("button", name="End session").click()
    monitor.get_by_role("dialog").get_by_role("button", name="End session").click()
    served.until_state("closed")
    expect(pane.locator("#watch-told")).to_contain_text("This session has ended.")
    expect(row(monitor, served)).to_have_count(0)


def test_agents_have_no_monitor(open_workbench: Workbenches) -> None:
    bench = open_workbench(lang="en-GB")
    expect(bench.page.get_by_role("link", name="Monitor")).to_have_count(0)
    assert bench.page.request.get("/desk/monitor/").status == 403
