"""The load driver reads frames however they are cut, and sees every message that goes wrong."""

import json

import pytest

from bench.dialects import Csdesk, Echo, Floor, Heard
from bench.ledger import Ledger, quantile
from bench.wire import CLOSE, PING, TEXT, frame, frames

PLAN = {
    "channel": "shop",
    "customers": [{"token": "T", "session": "S", "agent": 3}],
    "agents": [{"cookie": "name=value"}],
}


def server_frame(kind: int, payload: bytes) -> bytes:
    """As a server sends it: without a mask."""
    if len(payload) < 126:
        return bytes([0x80 | kind, len(payload)]) + payload
    if len(payload) < 65_536:
        return bytes([0x80 | kind, 126]) + len(payload).to_bytes(2) + payload
    return bytes([0x80 | kind, 127]) + len(payload).to_bytes(8) + payload


def test_frames_arrive_whole_however_the_stream_is_cut():
    sent = [(TEXT, b"one"), (PING, b""), (TEXT, b"x" * 300), (TEXT, b"y" * 70_000), (CLOSE, b"\x03\xe8")]
    stream = b"".join(server_frame(kind, payload) for kind, payload in sent)
    for step in (1, 7, 1_000, len(stream)):
        buffer, found = bytearray(), []
        for start in range(0, len(stream), step):
            buffer += stream[start : start + step]
            found += frames(buffer)
        assert found == sent
        assert not buffer


@pytest.mark.parametrize("size", [0, 125, 126, 65_535])
def test_a_client_frame_is_masked_as_the_protocol_demands(size):
    data = frame(TEXT, b"z" * size)
    assert data[0] == 0x81
    assert data[1] & 0x80
    assert data.endswith(b"z" * size)
    assert len(data) == size + 4 + (2 if size < 126 else 4)


def test_the_ledger_is_content_with_every_message_once_and_in_order():
    ledger = Ledger()
    for at in (1.0, 2.0):
        ledger.send(("q", 0), at)
    assert ledger.arrive(("q", 0), 1, 1.5)
    assert ledger.arrive(("q", 0), 2, 2.25)
    assert ledger.faults() == {"lost": 0, "doubles": 0, "out_of_order": 0}
    assert ledger.waits == [0.5, 0.25]


def test_the_ledger_sees_a_loss_a_double_and_a_wrong_order():
    ledger = Ledger()
    for _ in range(3):
        ledger.send(("a", 7), 0.0)
    assert ledger.arrive(("a", 7), 1, 1.0)
    assert not ledger.arrive(("a", 7), 1, 1.0)
    assert ledger.faults() == {"lost": 2, "doubles": 1, "out_of_order": 0}
    assert not ledger.arrive(("a", 7), 3, 1.0)
    assert ledger.faults()["out_of_order"] == 1


def test_conversations_are_counted_apart():
    ledger = Ledger()
    ledger.send(("q", 0), 0.0)
    ledger.send(("q", 1), 0.0)
    ledger.send(("a", 0), 0.0)
    assert ledger.arrive(("q", 1), 1, 1.0)
    assert ledger.under_way == 2


def test_quantiles_are_values_that_occurred():
    values = [float(n) for n in range(100, 0, -1)]
    assert quantile(values, 0.5) == 51.0
    assert quantile(values, 0.99) == 100.0
    assert quantile([3.0], 0.99) == 3.0


def test_our_protocol_says_and_hears_which_message_it_is():
    ours = Csdesk(PLAN)
    said = json.loads(ours.message("a", 0, 12))
    assert (said["op"], said["session"]) == ("send", "S")
    pushed = {"op": "message", "from": {"kind": "agent"}, "message": said["message"]}
    assert ours.heard(json.dumps(pushed).encode()) == Heard("a", 0, 12)
    assert "session" not in json.loads(ours.message("q", 0, 1))
    assert ours.heard(b'{"op":"error","code":"rate_limited"}') == "error rate_limited"


def test_the_floor_gets_who_it_is_for():
    said = json.loads(Floor(PLAN).message("q", 0, 5))
    assert said["to"] == "a3"
    assert Floor(PLAN).heard(json.dumps(said).encode()) == Heard("q", 0, 5)
    assert Floor(PLAN).heard(b'{"ack":9}') == "ack"
    assert Echo(PLAN).heard(Echo(PLAN).message("q", 0, 2)) == Heard("q", 0, 2)
