"""The client's address comes from trusted proxies only, whatever a request says of itself (X-1)."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from apps.team.models import TrailDetail
from tests.factories import make_member

# The one place that reads what proxies write.
READS_PROXIES = {"csdesk/addresses.py"}


@pytest.mark.django_db
def test_lock_out_and_trail_go_by_the_address_of_the_connection():
    member = make_member()
    forged = {"x-forwarded-for": "203.0.113.9", "x-real-ip": "203.0.113.9", "forwarded": "for=203.0.113.9"}
    for number in range(7):
        # Another forged address each time buys no more tries.
        headers = forged | {"x-forwarded-for": f"203.0.113.{number}"}
        answer = Client(headers=headers).post("/login/", {"login": member.account, "password": "wrong"})
    entries = TrailDetail.objects.filter(entry__action__startswith="sign_in.")
    assert {entry.address for entry in entries} == {"127.0.0.1"}
    assert entries.filter(entry__action="sign_in.locked").exists()
    assert answer.status_code in (200, 429)


def test_nothing_else_reads_what_proxies_write():
    forwarded = re.compile(r"""["'](http_)?(x[-_]forwarded[-_]for|x[-_]real[-_]ip)""", re.IGNORECASE)
    root = Path(settings.BASE_DIR)
    found = {
        str(file.relative_to(root))
        for folder in ("apps", "csdesk")
        for file in (root / folder).rglob("*.py")
        if forwarded.search(file.read_text())
    }
    assert found == READS_PROXIES
