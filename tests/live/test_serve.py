"""The web process on its own: health, bounded bodies, and an end that lets nobody fall (Q-2)."""

import asyncio
import http.client
import json
import socket
import time
from collections.abc import Iterator

import httpx
import pytest
import redis
import websockets
from websockets.exceptions import ConnectionClosed, InvalidStatus

from csdesk.embedded.server import wait_until
from drill.clients import sign_in
from tests import factories as make
from tests.stack import Stack


@pytest.fixture
def web(stack: Stack) -> Iterator[Stack]:
    """The stack; its web process runs again afterwards."""
    yield stack
    if not stack.is_running("web"):
        stack.start("web")
    stack.wait_ready()


async def open_socket(stack: Stack) -> websockets.ClientConnection:
    address = f"{stack.ws_url}/ws/visitor/?channel=demo"
    return await websockets.connect(address, origin=stack.url, proxy=None)


async def last_words(client: websockets.ClientConnection) -> tuple[dict, int]:
    """The last frame and the code of the close."""
    frame = {}
    try:
        while True:
            frame = json.loads(await asyncio.wait_for(client.recv(), 12))
    except ConnectionClosed as closed:
        return frame, closed.rcvd.code if closed.rcvd else 1006


def test_health_and_readiness_need_no_host_name(stack: Stack):
    odd = {"Host": "10.1.2.3"}

    assert httpx.get(f"{stack.url}/healthz", headers=odd).text == "ok"
    ready = httpx.get(f"{stack.url}/readyz", headers=odd)
    assert ready.status_code == 200
    assert ready.json() == {"state": "ready", "database": "ok", "migrations": "ok", "redis": "ok"}


def test_without_redis_it_is_ready_but_degraded(stack: Stack):
    stack.kill("redis")
    try:
        answer = httpx.get(f"{stack.url}/readyz")
        assert answer.status_code == 200
        assert answer.json()["state"] == "degraded"
    finally:
        stack.start("redis")
    assert httpx.get(f"{stack.url}/readyz").json()["state"] == "ready"


def test_workers_are_back_within_seconds_of_redis(stack: Stack):
    stack.kill("redis")
    time.sleep(5)
    stack.start("redis")

    with redis.Redis.from_url(stack.env["REDIS_URL"]) as client:

        def waiting_for_jobs() -> int:
            return sum(known["cmd"] == "brpop" for known in client.client_list())

        assert wait_until(lambda: waiting_for_jobs() >= 2, 5, 0.1), stack.log("clock")


def test_workers_live_through_a_redis_that_takes_no_writes(stack: Stack):
    """Full, so that even acknowledging a job fails; the sweep comes each second."""
    with redis.Redis.from_url(stack.env["REDIS_URL"]) as client:
        for _ in range(4):
            client.config_set("maxmemory", 1)
            time.sleep(1.7)
            client.config_set("maxmemory", 0)
            time.sleep(0.6)

        def waiting_for_jobs() -> int:
            return sum(known["cmd"] == "brpop" for known in client.client_list())

        assert wait_until(lambda: waiting_for_jobs() >= 2, 10, 0.1), stack.log("clock")
    assert all(stack.is_running(name) for name in ("worker", "clock", "beat"))


def test_without_the_database_it_is_alive_but_not_ready_and_comes_back_by_itself(stack: Stack):
    stack.kill("postgres")
    try:
        assert httpx.get(f"{stack.url}/healthz").status_code == 200
        answer = httpx.get(f"{stack.url}/readyz", timeout=10)
        assert answer.status_code == 503
        assert answer.json()["database"] != "ok"
    finally:
        stack.start("postgres")
    begun = time.monotonic()
    stack.wait_ready(10)
    assert time.monotonic() - begun < 3


async def test_sigterm_says_bye_to_every_socket_and_closes_with_4012(web: Stack):
    sockets = [await open_socket(web) for _ in range(5)]
    listening = [asyncio.create_task(last_words(client)) for client in sockets]
    begun = time.monotonic()

    web.kill("web", 15)
    heard = await asyncio.gather(*listening)

    assert {(frame["op"], frame["code"], code) for frame, code in heard} == {("bye", "restart", 4012)}
    waits = [frame["retry_ms"] for frame, _ in heard]
    assert all(0 < wait <= 10_000 for wait in waits)
    assert len(set(waits)) > 1, "they would all come back at the same moment"
    assert await asyncio.to_thread(web.wait_end, "web", 10) == 0
    assert time.monotonic() - begun < 10


async def test_sigterm_takes_no_new_connections_but_answers_those_under_way(web: Stack):
    """A request whose body still comes in when the signal arrives gets its answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
    body = b"channel=nobody"
    head = "POST /i18n/setlang/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: "
    writer.write(
        f"{head}{len(body)}\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n".encode() + body[:4]
    )
    client = await open_socket(web)
    await writer.drain()
    await asyncio.sleep(0.2)

    web.kill("web", 15)
    assert await asyncio.to_thread(wait_until, lambda: not accepts(web.port), 5)
    writer.write(body[4:])
    answer = await asyncio.wait_for(reader.read(), 10)

    assert answer.startswith(b"HTTP/1.1 ")
    assert (await last_words(client))[1] == 4012
    assert await asyncio.to_thread(web.wait_end, "web", 12) == 0


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_body_that_says_it_is_too_large_is_refused_at_once(stack: Stack):
    with socket.create_connection(("127.0.0.1", stack.port), timeout=5) as client:
        client.sendall(
            b"POST /api/visitor/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 104857600\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        )
        answer = read_all(client)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "too_large"


def test_a_chunked_body_without_end_is_cut_while_it_streams(stack: Stack):
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    sent = 0
    with socket.create_connection(("127.0.0.1", stack.port), timeout=5) as client:
        client.sendall(
            b"POST /api/visitor/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        with pytest.raises(OSError):
            for _ in range(100):
                client.sendall(chunk)
                sent += len(chunk)

    assert sent < 60_000_000
    assert httpx.get(f"{stack.url}/healthz").status_code == 200


def read_all(client: socket.socket) -> bytes:
    data = b""
    while part := client.recv(65536):
        data += part
    return data


async def test_a_frame_over_a_mebibyte_is_cut_and_the_server_goes_on(stack: Stack):
    client = await open_socket(stack)
    with pytest.raises(ConnectionClosed):
        await client.send("x" * 1_100_000)
        await last_words(client)
        await client.send("more")

    again = await open_socket(stack)
    await again.close()


def test_every_page_comes_with_the_content_policy_and_a_request_id(stack: Stack):
    answer = httpx.get(f"{stack.url}/login/", headers={"X-Request-ID": "from-the-balancer-1"})

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Request-ID"] == "from-the-balancer-1"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.usefixtures("live_db")
def test_head_has_no_body_so_the_next_answer_on_the_connection_is_whole(stack: Stack):
    """A page larger than one piece: whatever is written after the head would stand before the next answer."""
    member = make.make_member("administrator")
    cookie = sign_in(stack.url, member.account, make.PASSWORD)
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=10)
    try:
        head = f"HEAD /records/?period=all HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n"
        connection.connect()
        connection.sock.sendall(head.encode())
        answer = http.client.HTTPResponse(connection.sock, method="HEAD")
        answer.begin()
        assert answer.status == 200
        time.sleep(0.5)
        connection.sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        next_bytes = b"".join(iter(lambda: connection.sock.recv(65536), b""))
        assert next_bytes.startswith(b"HTTP/1.1 200"), next_bytes[:80]
    finally:
        connection.close()


async def test_a_socket_to_no_address_is_refused_at_the_handshake(stack: Stack):
    with pytest.raises(InvalidStatus) as refused:
        await websockets.connect(f"{stack.ws_url}/ws/nope/", origin=stack.url, proxy=None)
    assert refused.value.response.status_code == 403
