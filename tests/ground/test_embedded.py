"""The embedded servers come back from whatever a crash leaves behind (Q-1)."""

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from csdesk.embedded import EmbeddedError, Place, Postgres, Redis
from csdesk.embedded.place import LONGEST_SOCKET
from csdesk.embedded.server import wait_until, works


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("embedded")


@pytest.fixture
def postgres(folder: Path) -> Iterator[Postgres]:
    server = Postgres(Place.prepare(folder), quick=True)
    yield server
    server.stop()


def ask(server: Postgres, query: str) -> object:
    with psycopg.connect(server.url, autocommit=True) as connection:
        return connection.execute(query).fetchone()[0]


def test_sockets_are_private_and_no_port_is_open(postgres: Postgres):
    postgres.start()

    assert stat.S_IMODE(postgres.place.sockets.stat().st_mode) == 0o700
    assert ask(postgres, "SHOW listen_addresses") == ""
    assert not psutil.Process(postgres.process.pid).net_connections("inet")


def test_postgres_never_runs_as_root(postgres: Postgres):
    postgres.start()

    assert psutil.Process(postgres.process.pid).uids().real != 0


def test_a_killed_postgres_starts_again_with_its_data(postgres: Postgres):
    postgres.start()
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    os.kill(postgres.process.pid, signal.SIGKILL)
    postgres.process.wait(5)

    postgres.start()

    assert ask(postgres, "SELECT number FROM kept") == 7


def test_a_busy_back_end_of_a_killed_postmaster_is_ended_first(postgres: Postgres):
    postgres.start()
    busy = psycopg.connect(postgres.url, autocommit=True)
    back_end = psutil.Process(busy.info.backend_pid)
    threading.Thread(target=_try, args=[busy, "SELECT pg_sleep(60)"], daemon=True).start()
    assert wait_until(
        lambda: ask(postgres, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%sleep(6%'") > 1, 5
    )
    os.kill(postgres.process.pid, signal.SIGKILL)
    postgres.process.wait(5)

    postgres.start()

    assert ask(postgres, "SELECT 1") == 1
    assert not works(back_end)


def test_an_orphaned_server_of_a_killed_runner_is_replaced(folder: Path):
    start = (
        "import sys; from pathlib import Path; from csdesk.embedded import *;"
        "p = Place.prepare(Path(sys.argv[1])); a = Postgres(p, quick=True); b = Redis(p);"
        "a.start(); b.start();"
        "print(a.process.pid, b.process.pid, flush=True)"
    )
    done = subprocess.run(
        [sys.executable, "-c", start, str(folder)], capture_output=True, text=True, check=True
    )
    orphans = [psutil.Process(int(pid)) for pid in done.stdout.split()]
    assert all(orphan.is_running() for orphan in orphans)

    place = Place.prepare(folder)
    servers = [Postgres(place, quick=True), Redis(place)]
    try:
        for server in servers:
            server.start()
        assert ask(servers[0], "SELECT 1") == 1
        assert not any(works(orphan) for orphan in orphans)
    finally:
        for server in servers:
            server.stop()


def test_a_stale_pid_file_naming_another_program_does_not_stop_the_start(postgres: Postgres):
    postgres.start()
    postgres.stop()
    pid_file = postgres.folder / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{postgres.folder}\n1700000000\n5432\n\n\n\n\n")

    postgres.start()

    assert ask(postgres, "SELECT 1") == 1


def test_a_half_made_data_folder_is_made_anew(postgres: Postgres):
    half = postgres.place.own_folder("postgres.new")
    (half / "PG_VERSION").write_text("18")

    postgres.start()

    assert ask(postgres, "SELECT 1") == 1


def test_data_of_another_version_is_refused_in_one_line(postgres: Postgres):
    postgres.place.own_folder("postgres")
    (postgres.folder / "PG_VERSION").write_text("15\n")

    with pytest.raises(EmbeddedError, match="made by PostgreSQL 15"):
        postgres.start()


def test_a_long_path_gets_short_sockets(folder: Path):
    deep = folder / ("d" * 60) / ("e" * 60)
    place = Place.prepare(deep)
    server = Redis(place)
    try:
        server.start()
        assert len(os.fsencode(server.socket)) <= LONGEST_SOCKET
        assert stat.S_IMODE(place.sockets.stat().st_mode) == 0o700
    finally:
        server.stop()
        place.sockets.rmdir()


def test_a_socket_folder_made_by_somebody_else_is_refused(folder: Path):
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    (folder / "run").symlink_to(elsewhere)

    with pytest.raises(EmbeddedError, match="belongs to somebody else"):
        Place.prepare(folder)


def test_a_killed_redis_starts_again(folder: Path):
    server = Redis(Place.prepare(folder))
    try:
        server.start()
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait(5)
        begun = time.monotonic()
        server.start()
        with redis.Redis.from_url(server.url) as client:
            assert client.ping()
        assert time.monotonic() - begun < 3
    finally:
        server.stop()


def test_a_place_that_cannot_be_written_is_told_in_one_line(folder: Path):
    (folder / "file").touch()

    with pytest.raises(EmbeddedError, match=r"cannot write into .*file"):
        Place.prepare(folder / "file" / "data")


def _try(connection: psycopg.Connection, query: str) -> None:
    try:
        connection.execute(query)
    except psycopg.Error:
        connection.close()
