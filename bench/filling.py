"""Makes conversations through the domain and weighs what they have left in the database; JSON.

    python -m bench.filling 50000

Customers come and go, eight agents serve up to 64 conversations at once. Each round posts one
message to each of them in one `post_many`; texts come from `bench.talk`. What a conversation is
besides its messages is made as well: the look at the window, the hand-over, reads, the end.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from dataclasses import dataclass

import django

django.setup()

from django.db import connection  # noqa: E402

from apps.routing import closing, flow  # noqa: E402
from apps.sessions import customers, posting, reading  # noqa: E402
from apps.sessions.authors import Author  # noqa: E402
from apps.sessions.customers import Origin  # noqa: E402
from apps.sessions.models import Channel, ChatSession, Customer  # noqa: E402
from apps.sessions.posting import Post, post_many  # noqa: E402
from apps.team.models import Member  # noqa: E402
from apps.visitor import tokens  # noqa: E402
from bench.scene import new_agent, signed_in  # noqa: E402
from bench.talk import Talker  # noqa: E402
from csdesk import realtime  # noqa: E402

AT_ONCE = 64
AGENTS = 8
# Messages of customer and agent in a conversation: half are shorter than this.
LENGTH_MEDIAN = 12
# Each side's window reports "read up to" after so many messages.
READ_EVERY = 4
# A checkpoint each five minutes, as PostgreSQL makes them, lies so many messages from the next at a
# million a day. After each of them the first change of a page writes the whole page into the log.
CHECKPOINT_EVERY = 1_000_000 // (24 * 12)
PAGE = "https://shop.example.com/kettles/1207"
BROWSER = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36"

SIZES = """
    SELECT
        tab.relname AS table,
        coalesce(ind.relname, '') AS index,
        pg_relation_size(coalesce(ind.oid, tab.oid)) AS main,
        CASE WHEN ind.oid IS NULL
            THEN pg_table_size(tab.oid) - pg_relation_size(tab.oid)
                - coalesce(pg_relation_size(tab.oid, 'fsm') + pg_relation_size(tab.oid, 'vm'), 0)
            ELSE 0
        END AS aside,
        CASE WHEN ind.oid IS NULL THEN stat.n_live_tup ELSE 0 END AS rows,
        coalesce(used.idx_scan, 0) AS scans,
        CASE WHEN ind.oid IS NULL THEN stat.n_tup_upd ELSE 0 END AS updates,
        CASE WHEN ind.oid IS NULL THEN stat.n_tup_hot_upd ELSE 0 END AS updates_in_place
    FROM pg_class AS tab
    JOIN pg_namespace AS space ON space.oid = tab.relnamespace AND space.nspname = 'public'
    JOIN pg_stat_user_tables AS stat ON stat.relid = tab.oid
    CROSS JOIN LATERAL (
        SELECT NULL::oid AS oid, NULL::name AS relname
        UNION ALL
        SELECT index.oid, index.relname
        FROM pg_index JOIN pg_class AS index ON index.oid = indexrelid
        WHERE indrelid = tab.oid
    ) AS ind
    LEFT JOIN pg_stat_user_indexes AS used ON used.indexrelid = ind.oid
    WHERE tab.relkind = 'r'"""
# What a message's row consists of, in bytes.
COLUMNS = """
    SELECT
        avg(pg_column_size(message.*))::float AS row,
        avg(pg_column_size(tokens))::float AS tokens,
        avg(pg_column_size(body))::float AS body,
        avg(octet_length(body ->> 'text'))::float AS text,
        avg(cardinality(tokens))::float AS number_of_tokens
    FROM service_sessions_message AS message"""
# `pg_stat_wal` counts what back ends have handed in; ours hands in at its next idle moment.
WAL = "SELECT wal_records, wal_fpi, wal_bytes FROM pg_stat_wal"


@dataclass
class Conversation:
    """One session while it goes on."""

    session: ChatSession
    customer: Customer
    agent: Member
    left: int
    said: int = 0

    def next_post(self, text: str) -> Post:
        """Customer and agent take turns."""
        author = Author.agent(self.agent) if self.said % 2 == 0 else Author.customer(self.customer)
        self.said += 1
        return Post(self.session.id, author, "text", {"text": text}, uuid.uuid4())


class House:
    """The channel, who works here, and the conversations under way."""

    def __init__(self) -> None:
        self.talker = Talker()
        self.channel = Channel.objects.create(key=f"bench-{uuid.uuid4().hex[:8]}", name="Bench")
        made = [new_agent(n, limit=2 * AT_ONCE // AGENTS) for n in range(AGENTS)]
        for member in made:
            signed_in(member)
        self.agents = {member.pk: member for member in made}
        self.open: list[Conversation] = []
        self.sessions = self.messages = 0

    def fill(self, most: int) -> None:
        checkpoint = 0
        while self.messages < most:
            while len(self.open) < AT_ONCE:
                self.open.append(self._begin())
            self._round()
            if self.messages >= checkpoint:
                rows("CHECKPOINT")
                checkpoint = self.messages + CHECKPOINT_EVERY
        for one in self.open:
            closing.by_customer(one.session.id)

    def _begin(self) -> Conversation:
        _text, row = tokens.issue(self.channel)
        origin = Origin(
            language="zh-hans", address="192.0.2.7", browser=BROWSER, page="https://shop.example.com/p/1"
        )
        customer = customers.ensure_customer(row, origin)
        session = flow.trigger(customer, self.channel, language="zh-hans", page=origin.page)
        first = {"text": self.talker.text()}
        posting.post(Post(session.id, Author.customer(customer), "text", first, uuid.uuid4()))
        flow.advance(session.id)
        session.refresh_from_db()
        self.sessions += 1
        self.messages += session.seq
        return Conversation(
            session, customer, self.agents[session.agent_id], self.talker.length(LENGTH_MEDIAN, most=200)
        )

    def _round(self) -> None:
        refused = [
            answer
            for answer in post_many([one.next_post(self.talker.text()) for one in self.open], wait=True)
            if isinstance(answer, Exception)
        ]
        if refused:
            raise refused[0]
        self.messages += len(self.open)
        for one in self.open:
            if one.said % READ_EVERY == 0:
                reading.read_by_agent(one.session.id, one.agent.pk, 10_000)
                reading.read_by_customer(one.session.id, one.customer.pk, 10_000)
        for one in [one for one in self.open if one.said >= one.left]:
            self.open.remove(one)
            closing.by_agent(one.agent, one.session.id)


def rows(statement: str) -> list[dict]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        if cursor.description is None:
            return []
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def weighed() -> dict[tuple[str, str], dict]:
    return {(row["table"], row["index"]): row for row in rows(SIZES)}


def written() -> dict:
    """The log's volume so far, as numbers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
    return {name: int(value) for name, value in rows(WAL)[0].items()}


def main(most: int) -> dict:
    house = House()
    before, log_before = weighed(), written()
    began = time.monotonic()
    house.fill(most)
    seconds = time.monotonic() - began
    log = {name: value - log_before[name] for name, value in written().items()}
    realtime.drain()
    with connection.cursor() as cursor:
        # The index's waiting list is put in its place, as the database does by itself now and then.
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("SELECT pg_stat_force_next_flush()")
    parts = []
    for key, row in weighed().items():
        was = before.get(key, {"main": 0, "aside": 0})
        grown = row["main"] + row["aside"] - was["main"] - was["aside"]
        parts.append(row | {"grown": grown})
    return {
        "messages": rows("SELECT count(*) AS n FROM service_sessions_message")[0]["n"],
        "sessions": house.sessions,
        "seconds": seconds,
        "log": log,
        "parts": parts,
        "columns": rows(COLUMNS)[0],
    }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
