"""`make drill`: all acts, or those whose names contain one of the words; the table on the standard output."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from csdesk.embedded import EmbeddedError, Place, Postgres, Redis
from csdesk.runner.alone import CannotBegin, alone, unhurried
from drill.stack import ROOT, Stack, free_port

if TYPE_CHECKING:
    from drill.acts import Act

# A folder of its own within the one that is given, for it is emptied before each drill.
DATA = Path(os.environ.get("DRILL_DATA") or ROOT / "build").resolve() / "drill"
RESULTS = ROOT / "build" / "drill.json"
PREPARE_WITHIN = 180
# The whole drill ends by itself after so many seconds.
DRILL_WITHIN = 470
CUSTOMERS, AGENTS = 40, 6


class CannotDrill(Exception):
    """One line that says why."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="drill", description=__doc__)
    parser.add_argument("words", nargs="*", metavar="ACT", help="only acts whose name contains it")
    parser.add_argument("--short", action="store_true", help="the acts of make test")
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--agents", type=int, default=AGENTS)
    asked = parser.parse_args()
    if asked.customers < 1 or asked.agents < 2:
        parser.error("it takes a customer and two agents at least")
    try:
        with alone(DATA.with_suffix(".lock"), "a drill"), set_up() as stack:
            chosen = choose(asked)
            begin(stack)
            return asyncio.run(drill(stack, chosen, asked))
    except (CannotBegin, CannotDrill, EmbeddedError) as error:
        print(f"drill: {error}", file=sys.stderr)
        return 2


def choose(asked: argparse.Namespace) -> list[Act]:
    """The acts whose names contain one of the words; CannotDrill when there are none."""
    # Only after `set_up`: the settings are read from the environment when this is imported.
    from drill import acts

    chosen = [
        act
        for act in (acts.SHORT if asked.short else acts.FULL)
        if not asked.words or any(word.lower() in act.name.lower() for word in asked.words)
    ]
    if not chosen:
        raise CannotDrill(f"no act has such a name; there are: {', '.join(act.name for act in acts.FULL)}")
    return chosen


async def drill(stack: Stack, chosen: list[Act], asked: argparse.Namespace) -> int:
    """Play the acts one after the other; 0 when every one was survived."""
    from drill import programme, report
    from drill.stage import Size, ready

    tempo = programme.Tempo(before=4, after=1)
    results, began = [], time.monotonic()
    async with ready(stack, Size(asked.customers, asked.agents)) as stage:
        for act in chosen:
            if time.monotonic() - began > DRILL_WITHIN - programme.ACT_WITHIN:
                results.append(programme.Result(act.name, faults=["no time was left for it"]))
                continue
            result = await programme.play(stage, act, tempo)
            results.append(result)
            word = "survived" if result.survived else "NOT survived"
            say(f"{act.name}: {word}, {result.messages} messages, {result.took:.0f} s")
            for fault in result.faults:
                say(f"    {fault}")
    report.write(results, RESULTS)
    print(report.table(results))
    return 0 if results and all(result.survived for result in results) else 1


@contextlib.contextmanager
def set_up() -> Iterator[Stack]:
    """The product on fresh, embedded servers, settings as in production; stopped at the end."""
    shutil.rmtree(DATA, ignore_errors=True)
    place = Place.prepare(DATA)
    servers = [Postgres(place), Redis(place)]
    os.environ |= environment(*servers)
    # What the processes log is in their logs; here, too, only trouble is worth a line.
    stack = Stack(dict(os.environ), place.logs, servers)
    os.environ["CSDESK_LOG_LEVEL"] = "WARNING"
    import django

    django.setup()
    try:
        yield stack
    finally:
        unhurried()
        stack.stop_all()
        for server in reversed(servers):
            server.stop()


def begin(stack: Stack) -> None:
    """Start the servers, make the database, start the processes."""
    stack.start_servers()
    prepare(stack.env)
    stack.start_all()


def environment(postgres: Postgres, redis: Redis) -> dict[str, str]:
    """As in production, without limits per address: all clients share one."""
    for name in [name for name in os.environ if name.startswith(("CSDESK_", "DJANGO_"))]:
        del os.environ[name]
    port = free_port()
    return {
        "DJANGO_SETTINGS_MODULE": "csdesk.settings",
        "DATABASE_URL": postgres.url,
        "REDIS_URL": redis.url,
        "CSDESK_DATA": str(DATA),
        "CSDESK_HOST": "127.0.0.1",
        "PORT": str(port),
        "CSDESK_BASE_URL": f"http://127.0.0.1:{port}",
        "CSDESK_SSL_REDIRECT": "0",
        "CSDESK_DRAIN_NOTICE": "0",
        "CSDESK_LIMIT_EXEMPT": "127.0.0.1",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "TRAIL_KEY": secrets.token_urlsafe(48),
        "PYTHONUNBUFFERED": "1",
    }


def prepare(env: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "prepare"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=PREPARE_WITHIN,
    )
    if done.returncode:
        raise CannotDrill(f"the database could not be prepared:\n{done.stderr[-2000:]}")


_began = time.monotonic()


def say(text: str) -> None:
    """A line of progress, beside what is written for others."""
    print(f"{time.monotonic() - _began:6.0f} s  {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
