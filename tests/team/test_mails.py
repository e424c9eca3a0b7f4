"""Passwords by e-mail (T-2, T-3): both languages, what they say, and what happens when they can't leave."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import translation

from apps.team import due_passwords, members, passwords, sign_in
from apps.team.models import DuePassword, Member, Role, TrailEntry
from csdesk import clock
from tests.factories import PASSWORD, make_member

ADMIN = Role.ADMINISTRATOR


class Away(EmailBackend):
    """A mail server that does not answer."""

    def send_messages(self, messages):
        raise ConnectionRefusedError("no mail server")


@pytest.fixture
def away(settings):
    settings.EMAIL_BACKEND = "tests.team.test_mails.Away"


def password_in(sent: mail.EmailMultiAlternatives) -> str:
    line = next(line for line in sent.body.splitlines() if line.startswith(("Password:", "密码：")))
    return line.replace("：", ":").split(":", 1)[1].strip()


@pytest.mark.django_db(transaction=True)
class TestMail:
    @pytest.mark.parametrize(
        ("language", "subject", "hello"),
        [("en", "Your access to csdesk", "Hello <b>Ann</b>,"), ("zh-hans", "csdesk", "<b>Ann</b>")],
    )
    def test_it_speaks_the_members_language_as_text_and_html(self, language, subject, hello):
        member = Member(nickname="<b>Ann</b>", email="ann@example.com", role=Role.AGENT, language=language)
        members.add(member, make_member(ADMIN))
        [sent] = mail.outbox
        [(html, kind)] = sent.alternatives
        assert subject in sent.subject
        assert hello in sent.body
        assert kind == "text/html"
        assert "&lt;b&gt;Ann&lt;/b&gt;" in html
        assert "<b>Ann</b>" not in html
        assert f'<html lang="{language}"' in html
        password = password_in(sent)
        assert password in html
        assert Member.objects.get(pk=member.pk).check_password(password)
        assert sent.to == ["ann@example.com"]

    def test_a_new_member_is_written_to_in_the_language_of_who_adds_them(self):
        admin = make_member(ADMIN)
        for language, subject in (("en", "Your access to csdesk"), ("zh-hans", "您的 csdesk 登录信息")):
            member = Member(nickname="Ann", email=f"ann-{language}@example.com", role=Role.AGENT)
            with translation.override(language):
                members.add(member, admin)
            assert Member.objects.get(pk=member.pk).language == language
            assert mail.outbox[-1].subject == subject

    def test_a_reset_speaks_the_members_language_else_the_one_of_who_resets(self):
        admin = make_member(ADMIN)
        with translation.override("en"):
            for language, is_english in (("", True), ("en", True), ("zh-hans", False)):
                passwords.reset(make_member(language=language), admin)
                assert (mail.outbox[-1].subject == "Your new password for csdesk") == is_english

    def test_the_language_a_member_chooses_is_kept(self, client):
        member = make_member()
        client.post("/i18n/setlang/", {"language": "en"})
        client.post("/login/", {"login": member.account, "password": PASSWORD})
        assert Member.objects.get(pk=member.pk).language == ""
        answer = client.post("/i18n/setlang/", {"language": "en"})
        assert answer.cookies["django_language"].value == "en"
        assert Member.objects.get(pk=member.pk).language == "en"
        client.post("/i18n/setlang/", {"language": "tlh"})
        assert Member.objects.get(pk=member.pk).language == "en"

    def test_a_reset_says_that_the_old_one_works_no_more(self):
        member = make_member(language="en")
        passwords.reset(member, make_member(ADMIN))
        assert mail.outbox[0].subject == "Your new password for csdesk"
        assert "The old one works no more." in mail.outbox[0].body

    def test_a_reset_changes_nothing_but_the_password(self):
        member, admin = make_member(), make_member(ADMIN)
        stale = Member.objects.get(pk=member.pk)
        members.change(member, {"role": Role.SUPERVISOR}, admin)
        passwords.reset(stale, admin)
        assert Member.objects.get(pk=member.pk).role == Role.SUPERVISOR


@pytest.mark.django_db(transaction=True)
class TestDue:
    def test_what_could_not_leave_is_tried_again_with_another_password(self, settings, away):
        member = Member(nickname="Ann", email="ann@example.com", role=Role.AGENT, language="en")
        told = []
        members.add(member, make_member(ADMIN), tell=told.append)
        first = Member.objects.get(pk=member.pk).password
        assert told == [False]
        assert due_passwords.send() == 0
        DuePassword.objects.update(due_at=clock.now())
        assert due_passwords.send() == 0
        again = DuePassword.objects.get(member=member)
        assert again.due_at > clock.now() + timedelta(minutes=1)
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        DuePassword.objects.update(due_at=clock.now())
        assert due_passwords.send() == 1
        [sent] = mail.outbox
        now = Member.objects.get(pk=member.pk)
        assert now.password != first
        assert now.check_password(password_in(sent))
        assert not DuePassword.objects.exists()
        assert due_passwords.send() == 0

    def test_no_password_lies_in_the_table(self, away):
        passwords.reset(make_member(), make_member(ADMIN))
        row = DuePassword.objects.values().get()
        assert set(row) == {"member_id", "asked_at", "due_at", "tries"}

    def test_it_lasts_72_hours_from_when_it_was_sent(self, monkeypatch):
        member = Member(nickname="Ann", email="ann@example.com", role=Role.AGENT)
        members.add(member, make_member(ADMIN))
        due_passwords.ask_for([member.pk])
        later = clock.now() + timedelta(hours=80)
        monkeypatch.setattr(clock, "now", lambda: later)
        assert sign_in.mailed_password_has_ended(member)
        assert due_passwords.send() == 1
        member.refresh_from_db()
        assert not sign_in.mailed_password_has_ended(member)
        assert TrailEntry.objects.filter(action="member.password_sent", object_id=str(member.pk)).exists()

    @pytest.mark.parametrize("how", ["chosen", "deleted", "reset"])
    def test_who_needs_none_any_more_gets_none(self, how, away, settings):
        member, admin = make_member(), make_member(ADMIN)
        passwords.reset(member, admin)
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        if how == "chosen":
            passwords.change(member, "my own long password")
        elif how == "deleted":
            members.delete(member, admin)
        else:
            passwords.reset(member, admin)
        kept = Member.objects.get(pk=member.pk).password
        mail.outbox.clear()
        DuePassword.objects.update(due_at=clock.now())
        assert due_passwords.send() == 0
        assert mail.outbox == []
        assert Member.objects.get(pk=member.pk).password == kept
        assert not DuePassword.objects.exists()

    def test_nothing_due_asks_nothing_of_the_mail_server(self, settings, tmp_path):
        settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
        settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
        assert due_passwords.send() == 0
        assert not list((tmp_path / "mail").glob("*"))
        due_passwords.ask_for([make_member(must_change_password=True).pk for _ in range(2)])
        assert due_passwords.send() == 2
        # Over one connection.
        assert len(list((tmp_path / "mail").iterdir())) == 1

    def test_a_run_ends_in_time_and_leaves_the_rest(self):
        due_passwords.ask_for([make_member(must_change_password=True).pk for _ in range(3)])
        assert due_passwords.send(seconds=0) == 0
        assert due_passwords.waiting() == 3
        assert due_passwords.send() == 3
        assert due_passwords.waiting() == 0
