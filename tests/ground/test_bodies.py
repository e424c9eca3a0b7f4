"""What requests may send (X-10): bounded while it streams, parsed by nobody before Django."""

from types import SimpleNamespace

import pytest
from twisted.internet.address import IPv4Address
from twisted.internet.testing import StringTransport

from csdesk import bodies
from csdesk.serve import BoundedFactory, BoundedRequest

FORM = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n' + b"x" * 200_000
TABLE = b"/console/bot/qa/import/"


@pytest.fixture
def reached(monkeypatch) -> list[BoundedRequest]:
    """The requests that would be handed to the application."""
    found: list[BoundedRequest] = []
    monkeypatch.setattr(BoundedRequest, "process", lambda request: found.append(request))
    return found


def sent(path: bytes, body: bytes, length: int | None = None) -> bytes:
    """Send a request to a server of its own; what came back."""
    server = SimpleNamespace(protocol_connected=lambda protocol: None)
    protocol = BoundedFactory(server).buildProtocol(IPv4Address("TCP", "127.0.0.1", 1))
    transport = StringTransport()
    protocol.makeConnection(transport)
    head = (
        b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=edge\r\n"
        b"Content-Length: %d\r\n\r\n" % (len(body) if length is None else length)
    )
    protocol.dataReceived(head)
    for place in range(0, len(body), 65_536):
        protocol.dataReceived(body[place : place + 65_536])
    return transport.value()


def test_forms_reach_the_application_unparsed(reached):
    sent(b"/any/", FORM)
    [request] = reached
    assert request.args == {}
    assert request.content.read() == FORM


@pytest.mark.parametrize("path", [b"/any/", b"/console/", TABLE])
def test_a_body_is_refused_by_what_its_path_may_have(reached, path):
    allowed = bodies.allowed(path)
    assert sent(path, b"", allowed) == b""
    assert b"413" in sent(path, b"", allowed + 1)
    assert reached == []


def test_tables_may_be_larger_than_other_bodies():
    assert bodies.allowed(TABLE) > bodies.allowed(b"/any/") == bodies.largest
