"""Accounts of the demo open nothing in a deployment that is none (X-6)."""

import io
import re

import pytest
from django.core.management import CommandError, call_command

from apps.team.checks import demo_accounts
from apps.team.models import Member, Role, TrailEntry
from csdesk.demo import ACCOUNTS
from tests.factories import make_member

pytestmark = pytest.mark.django_db


def test_the_demo_marks_its_accounts_and_tells_a_password_that_it_made_up(
    settings, tmp_path, monkeypatch, client
):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.delenv("CSDESK_DEMO_PASSWORD", raising=False)
    told = io.StringIO()
    call_command("seed_demo", stdout=told)
    assert Member.objects.filter(is_demo=True).count() == len(ACCOUNTS) == 6
    password = re.search(r"password of all accounts: (\S{8,})", told.getvalue())[1]
    answer = client.post("/login/", {"login": "lead@example.com", "password": password})
    assert answer.status_code == 302


def test_outside_a_demo_nothing_is_made(settings):
    settings.DEMO = False
    with pytest.raises(CommandError):
        call_command("seed_demo", password="a good password")
    assert not Member.objects.exists()


def test_they_sign_in_in_the_demo(sign_in):
    member = make_member(Role.ADMINISTRATOR, is_demo=True)
    assert sign_in(member).status_code == 302


def test_elsewhere_the_right_password_is_answered_as_a_wrong_one(sign_in, settings, client):
    member = make_member(Role.ADMINISTRATOR, is_demo=True)
    settings.DEMO = False
    answer = sign_in(member)
    assert answer.status_code == 200
    wrong = sign_in(member, "a wrong password")
    assert answer.context["form"].errors == wrong.context["form"].errors
    assert TrailEntry.objects.filter(action="sign_in.failed", object_id=str(member.pk)).count() == 2
    assert client.get("/console/").status_code == 302


def test_a_sign_in_from_the_demo_ends_with_it(sign_in, settings, client):
    member = make_member(Role.ADMINISTRATOR, is_demo=True, serves=False)
    sign_in(member)
    assert client.get("/console/").status_code == 200
    settings.DEMO = False
    assert client.get("/console/").status_code == 302


def test_the_deployment_check_tells_of_them(settings):
    make_member(is_demo=True)
    assert demo_accounts(None) == []
    settings.DEMO = False
    assert [warning.id for warning in demo_accounts(None)] == ["team.W001"]


def test_prepare_tells_of_them(settings, monkeypatch):
    from csdesk.management.commands import prepare

    make_member(is_demo=True)
    settings.DEMO = False
    monkeypatch.setattr(prepare, "call_command", lambda *args, **kwargs: None)
    told = io.StringIO()
    call_command("prepare", stderr=told)
    assert "1 account of the demo" in told.getvalue()
