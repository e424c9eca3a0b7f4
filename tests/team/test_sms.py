"""Back ends for text messages (T-6): terminal, files, and a gateway over HTTP (X-12)."""

import asyncio
import json
import stat

import pytest

from apps.team import checks, sms
from csdesk import outgoing
from tests.hostile import ok, serving

CODE = sms.Message("+8613800138000", '123456 is "your" code', "123456", "en")


def test_the_terminal_gets_the_message(settings, capsys):
    settings.SMS_BACKEND = "apps.team.sms.ConsoleBackend"
    sms.send(CODE)
    assert capsys.readouterr().out == 'SMS to +8613800138000: 123456 is "your" code\n'


def test_each_message_is_a_file_of_its_owner_alone(settings, tmp_path):
    settings.SMS_BACKEND, settings.SMS_FILE_PATH = "apps.team.sms.FileBackend", tmp_path / "sms"
    sms.send(CODE)
    sms.send(CODE)
    files = list((tmp_path / "sms").iterdir())
    assert len(files) == 2
    assert "123456" in files[0].read_text()
    assert stat.S_IMODE(files[0].stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_written_is_told(settings, tmp_path):
    (tmp_path / "sms").write_text("not a folder")
    settings.SMS_BACKEND, settings.SMS_FILE_PATH = "apps.team.sms.FileBackend", tmp_path / "sms"
    with pytest.raises(sms.SmsError):
        sms.send(CODE)


@pytest.fixture
def gateway(settings):
    """This test's own server may be asked."""
    settings.SMS_BACKEND = "apps.team.sms.HttpBackend"
    settings.OUTGOING_NETWORKS, settings.OUTGOING_PORTS = ["127.0.0.1/32"], range(1, 65_536)
    settings.SMS_AUTHORIZATION = "Bearer key"
    settings.SMS_BODY = '{"to": ["${digits}"], "content": "${text}", "params": {"code": "${code}"}, "v": 2}'
    return settings


async def sent_to(gateway, answer: bytes) -> tuple[str, dict]:
    """The head and the body of what the gateway was sent."""
    bodies: list[bytes] = []
    async with serving(answer) as server:
        gateway.SMS_URL = server.address
        real = outgoing.post

        async def watched(address, body, headers, **how):
            bodies.append(body)
            return await real(address, body, headers, **how)

        outgoing.post = watched
        try:
            await asyncio.to_thread(sms.send, CODE)
        finally:
            outgoing.post = real
    return server.asked[0], json.loads(bodies[0])


async def test_a_gateway_gets_the_json_that_the_deployment_describes(gateway):
    head, body = await sent_to(gateway, ok(b"{}", "application/json"))
    assert head.startswith("POST / HTTP/1.1")
    assert "Authorization: Bearer key" in head
    assert "Content-Type: application/json" in head
    assert f"Content-Length: {len(json.dumps(body, ensure_ascii=False).encode())}" in head
    assert body == {
        "to": ["8613800138000"],
        "content": '123456 is "your" code',
        "params": {"code": "123456"},
        "v": 2,
    }


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "status"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n", "redirect"),
        (b"nonsense\r\n\r\n", "protocol"),
        (ok(b"x" * 70_000), "size"),
    ],
)
async def test_a_gateway_that_does_not_take_it_is_an_error_with_a_reason(gateway, answer, reason):
    with pytest.raises(sms.SmsError, match=reason):
        await sent_to(gateway, answer)


def test_an_inner_address_is_not_asked_unless_the_environment_allows_it(settings):
    settings.SMS_BACKEND, settings.SMS_URL = "apps.team.sms.HttpBackend", "http://169.254.169.254/sms"
    with pytest.raises(sms.SmsError, match="network"):
        sms.send(CODE)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({}, []),
        ({"SMS_BACKEND": "apps.team.sms.ConsoleBackend"}, ["team.W002"]),
        ({"SMS_BACKEND": "apps.team.sms.NoBackend"}, ["team.E001"]),
        ({"SMS_BACKEND": "apps.team.sms.HttpBackend", "SMS_URL": ""}, ["team.E002"]),
        (
            {"SMS_BACKEND": "apps.team.sms.HttpBackend", "SMS_URL": "https://sms.example", "SMS_BODY": "{"},
            ["team.E003"],
        ),
        (
            {"SMS_BACKEND": "apps.team.sms.HttpBackend", "SMS_URL": "http://sms.example", "SMS_BODY": "{}"},
            ["team.W003"],
        ),
        ({"SMS_BACKEND": "apps.team.sms.HttpBackend", "SMS_URL": "https://sms.example"}, []),
    ],
)
def test_the_deployment_check_finds_what_could_not_work(settings, values, found):
    settings.DEMO, settings.SMS_BACKEND = False, ""
    for name, value in values.items():
        setattr(settings, name, value)
    assert [warning.id for warning in checks.sms_backend(None)] == found


def test_the_deployment_check_names_roles_without_a_second_factor(settings):
    settings.SECOND_FACTOR_ROLES = ["super", "administrator"]
    assert checks.second_factor(None) == []
    settings.SECOND_FACTOR_ROLES = ["super"]
    assert [warning.id for warning in checks.second_factor(None)] == ["team.W004"]
