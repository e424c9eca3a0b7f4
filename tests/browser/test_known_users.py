"""The client library in pages of another origin: known users come, change and go (V-9, X-3, X-4, X-5)."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

import pytest
from django.db.models import QuerySet
from playwright.sync_api import Page, expect

from apps.sessions import signing_secrets
from apps.sessions.models import Channel, ChatSession, Customer, VisitorToken
from tests import signer
from tests.browser.agents import Agent
from tests.browser.hosts import HostPages
from tests.browser.windows import new_channel, new_words
from tests.browser.workbenches import Workbenches
from tests.browsers import Pages
from tests.stack import Stack

pytestmark = pytest.mark.usefixtures("live_db")

# One client, and what it has told.
PAGE = """<!doctype html><title>Own face</title><script type="module">
import { VisitorClient } from "%(service)s/static/sdk/csdesk-visitor.js";
window.make = (options = {}, { private: closed = false } = {}) => {
  const refuse = () => { throw new DOMException("denied", "SecurityError"); };
  const none = { getItem: refuse, setItem: refuse, removeItem: refuse };
  const client = new VisitorClient({
    channel: "%(channel)s", base: "%(service)s", language: "en",
    storage: closed ? none : localStorage, verifiedStorage: closed ? none : sessionStorage,
    outbox: closed ? none : sessionStorage, ...options,
  });
  window.client = client;
  window.told = [];
  for (const name of ["identity", "reset", "expired", "ready", "read", "refused"])
    client.on(name, (detail) => told.push([name, detail]));
  client.connect();
  return true;
};
window.texts = () => [...client.state.messages.values()].map((frame) => frame.message.text).filter(Boolean);
window.isThere = true;
</script>"""


class OwnFace:
    """A page of somebody's own, on an allowed site, with the library and nothing else of ours."""

    def __init__(self, page: Page, host: HostPages, channel: Channel, secret: str) -> None:
        self.page, self.host, self.channel, self.secret = page, host, channel, secret
        self.open()

    def open(self) -> None:
        self.page.goto(self.host.origin)
        self.page.wait_for_function("window.isThere")

    def begin(self, options: dict | None = None, **more: object) -> None:
        self.page.evaluate("([options, more]) => make(options, more)", [options or {}, more])

    def until(self, condition: str) -> None:
        self.page.wait_for_function(condition)

    def until_live(self) -> None:
        self.until("client.state.link === 'live'")

    def signed(self, user_id: str, **facts: object) -> dict:
        return {"userID": user_id, "userSig": signer.user_sig(user_id, self.secret), **facts}

    def identify(self, user: dict) -> dict:
        """What it answers, or the code it is refused with."""
        call = "user => client.identify(user).catch((error) => ({ code: error.code }))"
        return self.page.evaluate(call, user)

    def say(self, text: str) -> None:
        self.page.evaluate("text => void client.sendText(text)", text)
        self.page.wait_for_function("text => texts().includes(text)", arg=text)

    def expect_text(self, text: str) -> None:
        self.page.wait_for_function("text => texts().includes(text)", arg=text)

    def texts(self) -> list[str]:
        return self.page.evaluate("texts()")

    def told(self, name: str) -> list[dict]:
        return [detail for one, detail in self.page.evaluate("told") if one == name]

    def kept(self, store: str) -> dict:
        return self.page.evaluate(f"Object.fromEntries(Object.entries({store}))")


@pytest.fixture
def own_face(page_factory: Pages, host: HostPages, stack: Stack) -> Callable[[], OwnFace]:
    channel = new_channel(allowed_sites=[host.origin])
    secret = signing_secrets.make_another(channel)
    host.html = PAGE % {"service": stack.url, "channel": channel.key}
    page = page_factory(lang="en-GB")
    return lambda: OwnFace(
        page if page.url == "about:blank" else page.context.new_page(), host, channel, secret
    )


def new_user() -> str:
    return f"user-{uuid.uuid4().hex[:10]}"


def until_gone(rows: QuerySet) -> None:
    """A token is given back beside the next one's sign-in: wait until it has ended."""
    until = time.monotonic() + 5
    while rows.all().exists():
        assert time.monotonic() < until, "the token still counts"
        time.sleep(0.05)


def test_a_visitor_becomes_a_user_then_another_and_then_nobody(
    own_face: Callable[[], OwnFace], agent: Agent, page_factory: Pages
) -> None:
    page_factory.expect("401")  # a signature that does not fit
    face = own_face()
    face.begin()
    face.until_live()
    first = new_words("before signing in")
    face.say(first)
    agent.until_served(first)

    # Somebody who is not who they say: refused, and the visitor's chat goes on.
    ann, bob = new_user(), new_user()
    assert face.identify(face.signed(ann) | {"userID": bob}) == {"code": "unauthorized"}
    assert face.identify({"userID": ann}) == {"code": "invalid"}
    assert first in face.texts()

    # The visitor was Ann all along: what they said goes on under her name.
    face.page.evaluate("told.length = 0")
    assert face.identify(face.signed(ann, nickname="Ann")) == {"userID": ann, "nickname": "Ann"}
    face.expect_text(first)
    assert face.told("identity") == [{"userID": ann, "nickname": "Ann", "verified": True}]
    face.until("client.state.customer?.userID && client.state.session")
    second = new_words("as Ann")
    face.say(second)
    session = ChatSession.objects.get(customer__user_id=ann)
    assert agent.until_served(second) == str(session.id)
    # Her token lives in this tab only, and nothing of the visitor's is left.
    assert list(face.kept("localStorage")) == []
    assert ann in face.kept("sessionStorage")[f"csdesk-user:{face.channel.key}"]

    # After a reload she is still here, without signing in again.
    face.open()
    face.begin()
    face.expect_text(second)
    assert face.told("identity") == [{"userID": ann, "nickname": "Ann", "verified": True}]

    # Bob gets nothing of hers: no text, no token, not even what she has not sent.
    held = VisitorToken.objects.filter(user_id=ann, renewed_at=None).values_list("hash", flat=True)
    face.page.evaluate("told.length = 0")
    assert face.identify(face.signed(bob, nickname="Bob"))["userID"] == bob
    assert [name for name, _ in face.page.evaluate("told")][:2] == ["reset", "identity"]
    face.until_live()
    assert not {first, second} & set(face.texts())
    assert ann not in str(face.kept("sessionStorage"))
    until_gone(VisitorToken.objects.filter(hash__in=list(held)))
    third = new_words("as Bob")
    face.say(third)
    assert ChatSession.objects.get(customer__user_id=bob).customer.name == "Bob"

    # Nobody again.
    face.page.evaluate("client.signOut()")
    face.until("client.state.link === 'live' && !client.state.customer.verified")
    assert third not in face.texts()
    assert face.told("identity")[-1] == {"userID": "", "nickname": "", "verified": False}
    until_gone(VisitorToken.objects.filter(user_id=bob))
    assert "csdesk-user" not in str(face.kept("sessionStorage"))


def test_the_workbench_shows_who_the_visitor_has_become(
    own_face: Callable[[], OwnFace], open_workbench: Workbenches
) -> None:
    bench = open_workbench(lang="en-GB")
    bench.go("free")
    face = own_face()
    face.begin()
    face.until_live()
    said = new_words("who am I?")
    face.say(said)
    bench.choose(said)
    side = bench.page.locator("#customer")
    expect(side).to_contain_text("Visitor_")
    ann = new_user()
    face.identify(face.signed(ann, nickname="Ann Example"))
    expect(side).to_contain_text("Ann Example")
    expect(side).to_contain_text(ann)
    # Who they are is signed; the name was told by the page beside the signature.
    expect(side.locator(".standing .tag")).to_have_text(["Identity verified", "Name unverified"])
    bench.say("Hello Ann")
    face.expect_text("Hello Ann")


def test_a_page_that_knows_its_user_at_once_works_without_any_store(own_face: Callable[[], OwnFace]) -> None:
    face = own_face()
    ann = new_user()
    face.begin({"user": face.signed(ann, nickname="Ann")}, private=True)
    face.until_live()
    said = new_words("in private")
    face.say(said)
    assert face.told("reset") == []
    # A new signature for the same user changes nothing that is seen.
    assert face.identify(face.signed(ann, nickname="Ann"))["userID"] == ann
    assert said in face.texts()
    assert face.told("reset") == []
    assert Customer.objects.filter(user_id=ann).count() == 1


def test_two_tabs_are_one_user_and_the_other_ones_visitor_is_over(
    own_face: Callable[[], OwnFace], page_factory: Pages
) -> None:
    page_factory.expect("401")  # the other tab's token is refused
    one, other = own_face(), own_face()
    one.begin()
    one.until_live()
    said = new_words("from the first tab")
    one.say(said)
    other.begin()
    other.expect_text(said)
    # The first tab signs in: the visitor both were is gone, and the second starts anew, without their words.
    ann = new_user()
    one.identify(one.signed(ann))
    other.until("told.some(([name]) => name === 'reset') && client.state.link === 'live'")
    assert said not in other.texts()
    # Signed in too, it is the same user, and both see what either says.
    other.identify(other.signed(ann))
    other.expect_text(said)
    answer = new_words("from the second tab")
    other.say(answer)
    one.expect_text(answer)
    assert Customer.objects.filter(user_id=ann).count() == 1


def test_a_signature_that_ends_is_told_and_a_new_one_goes_on(
    own_face: Callable[[], OwnFace], page_factory: Pages
) -> None:
    page_factory.expect("401")  # the renewal of what is over
    face = own_face()
    ann = new_user()
    short = {"userID": ann, "userSig": signer.user_sig(ann, face.secret, life=4)}
    face.begin({"user": short})
    face.until_live()
    said = new_words("a short visit")
    face.say(said)
    face.until("told.some(([name]) => name === 'expired')")
    # They stay who they are, offline: never on as an anonymous visitor by themselves.
    assert face.told("expired") == [{"userID": ann}]
    face.until("client.state.link === 'gone'")
    assert face.page.evaluate("client.state.gone") in ("token_expired", "unauthorized")
    assert said in face.texts()
    late = new_words("written meanwhile")
    face.page.evaluate("text => void client.sendText(text)", late)
    assert face.identify(face.signed(ann))["userID"] == ann
    face.expect_text(late)
    assert said in face.texts()


def test_a_page_that_names_nobody_does_not_wait_for_whose_signature_is_over(
    own_face: Callable[[], OwnFace], page_factory: Pages
) -> None:
    page_factory.expect("401")
    face = own_face()
    ann = new_user()
    face.begin({"user": {"userID": ann, "userSig": signer.user_sig(ann, face.secret, life=3)}})
    face.until_live()
    said = new_words("a short visit")
    face.say(said)
    face.until("client.state.link === 'gone'")
    face.open()
    face.begin()
    face.until_live()
    assert said not in face.texts()
    assert ann not in str(face.kept("sessionStorage"))
    # Who is named later gets what they have said.
    face.identify(face.signed(ann))
    face.expect_text(said)


def test_what_the_agent_has_read_is_known_after_a_reload(
    own_face: Callable[[], OwnFace], agent: Agent
) -> None:
    face = own_face()
    face.begin()
    face.until_live()
    said = new_words("read me")
    face.say(said)
    session = agent.until_served(said)
    seq = agent.desk.sessions[session]["seq"]
    agent.tell("read", session=session, seq=seq)
    read = f"told.some(([name, detail]) => name === 'read' && detail.by === 'agent' && detail.seq === {seq})"
    face.until(read)
    face.open()
    face.begin()
    face.until(read)
    # Closed sessions are told with the history they come in.
    agent.order("end", session=session)
    face.until("client.session?.state === 'closed'")
    face.open()
    face.begin()
    face.expect_text(said)
    face.until(read)
