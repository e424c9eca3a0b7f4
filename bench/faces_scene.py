"""Long conversations for `make bench-faces`, made in our database through the domain, printed as JSON.

python -m bench.faces_scene chats 15 5000 400     an agent's sessions: one long one, the others shorter
python -m bench.faces_scene say SESSION 5000 0    so many messages more, as fast as they go
python -m bench.faces_scene say SESSION 200 20    twenty a second
"""

from __future__ import annotations

import json
import sys
import time
import uuid

import django

django.setup()

from apps.routing import flow  # noqa: E402
from apps.sessions.authors import Author  # noqa: E402
from apps.sessions.models import Channel, ChatSession  # noqa: E402
from apps.sessions.posting import Post, post, post_many  # noqa: E402
from bench.scene import _customer, new_agent, signed_in  # noqa: E402
from bench.talk import Talker  # noqa: E402
from csdesk import realtime  # noqa: E402

AT_ONCE = 50


def chats(number: int, long: int, short: int) -> dict:
    """Sessions that one agent serves, the first of them with `long` messages, the others with `short`."""
    channel = Channel.objects.create(key=f"bench-{uuid.uuid4().hex[:8]}", name="Bench")
    cookie = signed_in(new_agent(0, limit=number))
    made = []
    for _ in range(number):
        token, customer = _customer(channel)
        session = flow.trigger(customer, channel)
        post(Post(session.id, Author.customer(customer), "text", {"text": "Hello"}, uuid.uuid4()))
        flow.advance(session.id)
        made.append({"session": str(session.id), "token": token})
    for place, one in enumerate(made):
        _say(one["session"], long if place == 0 else short, Talker(place))
    realtime.drain()
    return {"channel": channel.key, "cookie": cookie, "chats": made}


def say(session: str, number: int, rate: float) -> dict:
    """More messages of the customer's and the agent's, `rate` a second; 0 is as fast as they go."""
    talker = Talker(99)
    began = time.monotonic()
    if not rate:
        for done in range(0, number, AT_ONCE):
            _say(session, min(AT_ONCE, number - done), talker)
            realtime.drain()
            time.sleep(0.02)
    else:
        for n in range(number):
            time.sleep(max(0.0, began + n / rate - time.monotonic()))
            _say(session, 1, talker, turn=n)
            realtime.drain()
    return {"seconds": time.monotonic() - began}


def _say(session_id: str, number: int, talker: Talker, turn: int = 0) -> None:
    session = ChatSession.objects.select_related("customer").get(pk=session_id)
    customer, agent = Author.customer(session.customer), Author.agent(session.agent)
    posts = []
    for n in range(turn, turn + number):
        # Each says some things before the other does.
        author = customer if n % 7 < 4 else agent
        posts.append(Post(session.id, author, "text", {"text": talker.text()}, uuid.uuid4()))
    for start in range(0, number, AT_ONCE):
        for answer in post_many(posts[start : start + AT_ONCE], wait=True):
            if isinstance(answer, Exception):
                raise answer


def main(name: str, *arguments: str) -> None:
    if name == "chats":
        answer = chats(*map(int, arguments))
    else:
        session, number, rate = arguments
        answer = say(session, int(number), float(rate))
    print(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
