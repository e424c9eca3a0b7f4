"""Summaries in the records (C-2, C-3, S-15): filters, beside the transcript, in its file."""

from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from apps.records import downloads
from apps.sessions.models import SessionTag, SummaryCategory, Tag, WrapUp
from apps.team.models import Role
from tests import factories as make
from tests.records.scene import make_record

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return make.make_member()


@pytest.fixture
def goods():
    return SummaryCategory.objects.create(name="Goods")


@pytest.fixture
def kettle(goods):
    return SummaryCategory.objects.create(name="Kettle", parent=goods)


@pytest.fixture
def reader(agent):
    client = Client(headers={"accept-language": "en"})
    assert client.post("/login/", {"login": agent.account, "password": make.PASSWORD}).status_code == 302
    return client


def summed_up(agent, category=None, is_resolved=None, remark="", tag=None):
    record = make_record("Hello", "Hi", agent=agent)
    WrapUp.objects.create(
        record=record, member=agent, category=category, is_resolved=is_resolved, remark=remark
    )
    if tag:
        SessionTag.objects.create(session=record.session, tag=tag, member=agent)
    return record


def shown(client, **filters):
    answer = client.get(reverse("records"), filters | {"period": "all"})
    assert answer.status_code == 200
    return {line.record.pk for line in answer.context["listing"].lines}, answer


def test_records_are_narrowed_down_by_category_outcome_and_tag(reader, agent, goods, kettle):
    vip = Tag.objects.create(name="VIP")
    of_goods = summed_up(agent, goods, True).pk
    of_kettle = summed_up(agent, kettle, False, tag=vip).pk
    unsaid = summed_up(agent).pk
    without = make_record("Hello", agent=agent).pk
    assert shown(reader, summary=goods.pk)[0] == {of_goods, of_kettle}
    assert shown(reader, summary=kettle.pk)[0] == {of_kettle}
    assert shown(reader, resolved="yes")[0] == {of_goods}
    assert shown(reader, resolved="no")[0] == {of_kettle}
    assert shown(reader, resolved="unsaid")[0] == {unsaid, without}
    assert shown(reader, tag=vip.pk)[0] == {of_kettle}
    assert shown(reader, summary=goods.pk, resolved="no", tag=vip.pk)[0] == {of_kettle}
    assert shown(reader, summary=goods.pk, resolved="unsaid")[0] == set()


@pytest.mark.parametrize(
    ("filters", "problem"),
    [
        ({"summary": "0"}, "There is no such category."),
        ({"summary": "x' OR 1=1"}, "There is no such category."),
        ({"resolved": "perhaps"}, "There is no such outcome."),
        ({"tag": "999999"}, "There is no such tag."),
    ],
)
def test_a_filter_that_does_not_fit_is_named_and_left_out(reader, agent, filters, problem):
    record = summed_up(agent)
    found, answer = shown(reader, **filters)
    assert found == {record.pk}
    assert answer.context["listing"].problems == [problem]


def test_the_transcript_and_its_file_tell_the_summary(reader, agent, kettle):
    vip = Tag.objects.create(name="VIP <b>")
    record = summed_up(agent, kettle, False, "Lid\nby post", vip)
    page = reader.get(reverse("record", args=[record.pk])).content.decode()
    for words in ("Goods / Kettle", "Not resolved", "Lid<br>by post", "VIP &lt;b&gt;"):
        assert words in page
    file, _parts = downloads._beginning(record, ZoneInfo("UTC"), "en")
    text = file.decode()
    for line in ("Summary: Goods / Kettle", "Outcome: Not resolved", "Remark: Lid by post", "Tags: VIP <b>"):
        assert f"{line}\r\n" in text


def test_one_that_is_owed_tells_nothing_yet(reader, agent):
    record = make_record("Hello", agent=agent)
    WrapUp.objects.create(record=record, member=agent, at=None)
    assert "Outcome" not in reader.get(reverse("record", args=[record.pk])).content.decode()
    assert shown(reader, resolved="unsaid")[0] == {record.pk}


def test_the_console_leads_from_a_category_to_its_records(agent, goods, kettle):
    record = summed_up(agent, kettle, True)
    admin = make.make_member(Role.ADMINISTRATOR)
    client = Client(headers={"accept-language": "en"})
    client.post("/login/", {"login": admin.account, "password": make.PASSWORD})
    page = client.get(reverse("admin:service_sessions_summarycategory_changelist"))
    [row] = [row for row in page.context["rows"] if row["id"] == goods.pk]
    assert row["count"] == 1
    answer = client.get(row["address"])
    assert {line.record.pk for line in answer.context["listing"].lines} == {record.pk}
