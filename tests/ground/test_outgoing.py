"""Calls to the outside (X-12): where they go, how long, how much, and what servers try with us."""

import asyncio
import ipaddress
import logging
import socket
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from csdesk import outgoing
from csdesk.outgoing import OutgoingError, Target, get, is_permitted
from tests.hostile import ok, serving


@pytest.fixture
def near(settings):
    """This test's own server may be asked, and nothing else on this machine."""
    settings.OUTGOING_NETWORKS = ["127.0.0.1/32"]
    settings.OUTGOING_PORTS = range(1, 65_536)


async def refusal(address: str, **how) -> str:
    """Why there is no answer."""
    with pytest.raises(OutgoingError) as refused:
        await get(address, **how)
    return refused.value.reason


# --- Addresses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "ftp://example.com/a", "file:///etc/passwd", "//example.com/", "example.com", "", "http://",
        "http://user@example.com/", "http://user:pass@example.com/", "http://example.com@127.0.0.1/",
        "http://exa mple.com/", "http://example.com/\r\nHost: x", "http://example.com\\@evil/", "http://a\tb/",
        "http://[fe80::1%25eth0]/", "http://[::1", "http://example.com:99999/", "http://-/", "http://a%2eb/",
        "http://" + "a" * 300 + "/", "http://example.com/" + "a" * 2_000, "http://\u2488\u0323/", "gopher://a/",
    ],
)  # fmt: skip
async def test_what_is_no_plain_web_address_is_not_asked(address):
    assert await refusal(address) == "address"


@pytest.mark.parametrize("port", [0, 22, 25, 6379, 9200])
async def test_other_ports_than_those_of_the_web_are_not_asked(port):
    assert await refusal(f"http://example.com:{port}/") == "port"


def test_an_international_name_is_asked_by_its_ascii_form():
    target = Target.read("https://Bücher.Example./pfad/ö?q=ü&x=1#teil")
    assert (target.host, target.port) == ("xn--bcher-kva.example", 443)
    assert target.path == "/pfad/%C3%B6?q=%C3%BC&x=1"
    assert Target.read("http://例え.jp/").host == "xn--r8jz45g.jp"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.1", "192.0.2.1",
        "192.88.99.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1",
        "255.255.255.255", "::1", "::", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "fe80::1",
        "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "64:ff9b::7f00:1", "64:ff9b::808:808",
        "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1", "3fff::1", "100::1", "5f00::1",
    ],
)  # fmt: skip
def test_places_that_are_not_outside_are_not_asked(address):
    assert not is_permitted(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "100.63.255.255", "172.32.0.1", "2606:4700::1111"])
def test_places_on_the_internet_are_asked(address):
    assert is_permitted(ipaddress.ip_address(address))


def test_the_environment_may_allow_a_network_and_only_that(settings):
    settings.OUTGOING_NETWORKS = ["10.1.0.0/16", "fd00::/64"]
    allowed = ["10.1.255.1", "fd00::7", "10.2.0.1", "::ffff:10.1.0.1", "fd00:0:0:1::7"]
    found = [is_permitted(ipaddress.ip_address(one)) for one in allowed]
    assert found == [True, True, False, False, False]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "2130706433", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "127.1", "0",
        "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "127.0.0.1.", "１２７.０.０.１", "①②⑦.⓪.⓪.①",
    ],
)  # fmt: skip
async def test_however_it_is_written_this_machine_is_not_asked(host, settings):
    settings.OUTGOING_PORTS = range(1, 65_536)
    async with serving(ok(b"secret")) as server:
        assert await refusal(f"http://{host}:{server.port}/") in ("network", "unreachable")
        assert not server.asked


# --- Names ----------------------------------------------------------------------------------------


def answering(monkeypatch, *answers: str | Exception) -> list[str]:
    """Name servers that give one answer after the other; the names that were asked for."""
    asked, left = [], list(answers)

    def look_up(host, port, **how):
        asked.append(host)
        found = left.pop(0)
        if isinstance(found, Exception):
            raise found
        return [(socket.AF_INET, how["type"], 6, "", (one, port)) for one in found.split()]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


async def test_a_name_that_changes_its_mind_is_asked_once_and_kept_to(monkeypatch, near):
    asked = answering(monkeypatch, "127.0.0.1", "127.0.0.2", "127.0.0.2")
    async with serving(ok(b"fine")) as server, serving(ok(b"secret"), host="127.0.0.2"):
        answer = await get(f"http://rebind.example:{server.port}/")
    assert (answer.body, asked) == (b"fine", ["rebind.example"])
    assert f"Host: rebind.example:{server.port}\r\n" in server.asked[0]


async def test_of_a_name_with_good_and_bad_places_only_the_good_are_asked(monkeypatch, near):
    answering(monkeypatch, "127.0.0.2 127.0.0.1", "127.0.0.2 10.0.0.1")
    async with serving(ok(b"fine")) as server:
        assert (await get(f"http://both.example:{server.port}/")).body == b"fine"
        assert await refusal(f"http://both.example:{server.port}/") == "network"


async def test_a_name_that_is_not_there(monkeypatch):
    answering(monkeypatch, socket.gaierror(-2, "unknown"))
    assert await refusal("http://nowhere.example/") == "unreachable"


async def test_a_name_server_that_does_not_answer_costs_no_more_than_the_time(monkeypatch):
    done = asyncio.Event()
    loop = asyncio.get_running_loop()

    def look_up(host, port, **how):
        asyncio.run_coroutine_threadsafe(done.wait(), loop).result()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert await refusal("http://slow.example/", seconds=0.05) == "time"
    done.set()


# --- Answers ----------------------------------------------------------------------------------------


async def test_an_answer_comes_whole(near):
    async with serving(ok(b"x" * 60_000)) as server:
        answer = await get(server.address + "a?b=c")
    assert (answer.status, answer.content_type, answer.body) == (200, "image/png", b"x" * 60_000)
    head = server.asked[0]
    assert head.startswith("GET /a?b=c HTTP/1.1\r\n")
    assert "cookie" not in head.lower() and "referer" not in head.lower()


async def test_a_body_that_drips_ends_with_the_time(near):
    async def drip(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with serving(drip) as server:
        assert await refusal(server.address, seconds=0.2) == "time"


async def test_a_server_that_says_nothing_ends_with_the_time(near):
    async with serving(lambda _writer: asyncio.sleep(1)) as server:
        assert await refusal(server.address, seconds=0.1) == "time"


async def endless(writer, head: bytes, piece: bytes) -> None:
    writer.write(head)
    while not writer.is_closing():
        writer.write(piece)
        await writer.drain()


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 4096),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 512),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1;" + b"y" * 4096 + b"\r\nx\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
        (b"HTTP/1.1 200 OK\r\n", b"X-More: " + b"y" * 4096 + b"\r\n"),
    ],
    ids=["body", "chunks", "seams", "informational", "head"],
)
async def test_what_does_not_end_is_cut_off(near, head, piece):
    async with serving(lambda writer: endless(writer, head, piece)) as server:
        assert await refusal(server.address) in ("size", "protocol")


async def test_a_body_too_large_is_refused_by_its_length_before_it_comes(near):
    async with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n") as server:
        assert await refusal(server.address) == "size"
    async with serving(ok(b"x" * 65_536)) as server:
        assert len((await get(server.address)).body) == 65_536


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n", "redirect"),
        (b"HTTP/1.1 301 Moved\r\nLocation: /here\r\nContent-Length: 0\r\n\r\n", "redirect"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "status"),
        (b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "status"),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n", "protocol"),
        (ok(b"\x1f\x8b", Content_Encoding="gzip"), "encoding"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhello", "protocol"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "protocol"),
        (b"", "protocol"),
    ],
)
async def test_anything_but_a_whole_plain_answer_is_none(near, answer, reason):
    async with serving(answer) as server:
        assert await refusal(server.address) == reason
        assert len(server.asked) == 1


async def test_more_than_was_declared_is_not_read(near):
    async with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and goodbye") as server:
        assert (await get(server.address)).body == b"hello"


async def test_where_nobody_listens(near):
    free = socket.socket()
    free.bind(("127.0.0.1", 0))
    assert await refusal(f"http://127.0.0.1:{free.getsockname()[1]}/") == "unreachable"
    free.close()


async def test_proxies_of_the_environment_are_not_asked(near, monkeypatch):
    async with serving(ok(b"direct")) as server, serving(ok(b"proxy")) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.address)
        assert (await get(server.address)).body == b"direct"


async def test_the_log_tells_the_host_and_the_outcome_and_no_more(near, caplog):
    with caplog.at_level(logging.INFO):
        async with serving(ok(b"secret body")) as server:
            await get(server.address + "path?token=secret")
    said = " ".join(record.getMessage() for record in caplog.records)
    assert "127.0.0.1 200" in said
    assert "secret" not in said and "path" not in said


# --- TLS -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for good.example, and the file that it stands in."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "good.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("good.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    pem = serialization.Encoding.PEM
    path.write_bytes(key.private_bytes(pem, form, plain) + made.public_bytes(pem))
    return path


@pytest.fixture
def tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def test_tls_is_checked_against_the_name_and_not_the_place(monkeypatch, near, certificate, tls):
    trust = ssl.create_default_context(cafile=certificate)
    monkeypatch.setattr(outgoing, "_trust", lambda: trust)
    answering(monkeypatch, "127.0.0.1", "127.0.0.1")
    async with serving(ok(b"fine"), tls=tls) as server:
        assert (await get(f"https://good.example:{server.port}/")).body == b"fine"
        assert server.names == ["good.example"]
        assert await refusal(f"https://other.example:{server.port}/") == "unreachable"
        assert len(server.asked) == 1


async def test_a_certificate_that_nobody_vouches_for_is_refused(monkeypatch, near, tls):
    answering(monkeypatch, "127.0.0.1")
    async with serving(ok(b"fine"), tls=tls) as server:
        assert await refusal(f"https://good.example:{server.port}/") == "unreachable"
        assert not server.asked
