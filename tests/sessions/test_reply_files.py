"""Quick replies as files (D-5, M-4), what may stand in them, and the set that csdesk brings along."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from apps.sessions import quick_replies, reply_files, reply_variables, starter_replies
from apps.sessions.models import Message, QuickReply
from apps.sessions.settings import QuickReplySettings
from apps.team import business
from apps.team.models import Role, TrailEntry
from csdesk.errors import Invalid, NotAllowed
from csdesk.file_jobs.models import JobState
from csdesk.tables import opened
from tests import factories as make
from tests.records.scene import make_record

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english(monkeypatch):
    # The worker's turn is taken by the tests.
    monkeypatch.setattr("csdesk.file_jobs.jobs.begin", lambda job, task: None)
    business.forget()
    with translation.override("en"):
        yield
    business.forget()


@pytest.fixture
def supervisor():
    return make.make_member(Role.SUPERVISOR)


def shared():
    return set(
        QuickReply.objects.filter(owner__isnull=True).values_list("category", "title", "text", "language")
    )


def imported(member, text, existing="change", *, name="replies.csv", write=True):
    data = text if isinstance(text, bytes) else text.encode()
    job = reply_files.receive(SimpleUploadedFile(name, data), existing, member=member)
    reply_files.check(job.pk)
    job.refresh_from_db()
    if write and job.state == JobState.CHECKED:
        reply_files.confirm(job)
        reply_files.write(job.pk)
        job.refresh_from_db()
    return job


def test_a_file_is_checked_first_and_then_written_whole(supervisor):
    QuickReply.objects.create(title="Lid", text="old", category="Shop", language="en")
    QuickReply.objects.create(title="Lid", text="own", category="Shop", owner=supervisor)
    text = "标题,回复内容,分类,语言\nlid,new ${CustomerName},shop,English\n您好,您好！,问候,中文\nBye,Bye,,\n"
    job = imported(supervisor, text, write=False)
    assert (job.state, job.rows, job.added, job.changed) == (JobState.CHECKED, 3, 2, 1)
    assert ("Shop", "Lid", "old", "en") in shared()
    job = imported(supervisor, text)
    assert job.state == JobState.DONE
    assert shared() == {
        ("Shop", "Lid", "new ${CustomerName}", "en"),
        ("问候", "您好", "您好！", "zh-hans"),
        ("", "Bye", "Bye", ""),
    }
    assert QuickReply.objects.get(owner=supervisor).text == "own"
    assert TrailEntry.objects.get(action="quick_reply.imported").detail.values["added"] == 2
    again = imported(supervisor, text)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 3)


def test_one_bad_row_of_many_writes_nothing_and_each_is_told(supervisor):
    rows = [f"title {n},text {n}" for n in range(2_000)]
    rows[1_000] = "title,hello ${Nobody}"
    rows[1_500] = ",no title"
    rows[1_600] = "x" * 81 + ",long"
    rows[1_700] = "title 3,again"
    job = imported(supervisor, "title,text\n" + "\n".join(rows))
    assert (job.state, job.wrong) == (JobState.REFUSED, 4)
    assert [problem[0] for problem in job.problems] == [1_002, 1_502, 1_602, 1_702]
    assert "${Nobody} is not known" in job.problems[0][3]
    assert shared() == set()


@pytest.mark.parametrize(
    ("existing", "state", "text"),
    [("change", "done", "new"), ("keep", "done", "old"), ("refuse", "refused", "old")],
)
def test_what_is_there_is_changed_kept_or_a_reason_to_refuse(supervisor, existing, state, text):
    QuickReply.objects.create(title="Lid", text="old")
    assert imported(supervisor, "title,text\nLid,new\n", existing).state == state
    assert {reply[2] for reply in shared()} == {text}


@pytest.mark.parametrize("text", ["title,text\nx,=SUM(1)\n", "title,reply,language\na,b,Klingon\n"])
def test_what_no_cell_may_hold_is_refused(supervisor, text):
    job = imported(supervisor, text)
    if "SUM" in text:
        assert job.state == JobState.DONE, "a CSV knows texts alone"
        assert {reply[2] for reply in shared()} == {"=SUM(1)"}
    else:
        assert (job.state, job.problems[0][1]) == (JobState.REFUSED, "C")


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_is_exported_can_be_imported_as_it_was(supervisor, form):
    QuickReply.objects.create(
        title="=1+1", text='two\nlines, "quoted" ${StaffName}', category="数", language="en"
    )
    QuickReply.objects.create(title="any", text="any")
    before = shared()
    content, name = reply_files.exported(form, member=supervisor)
    assert name.endswith(form)
    QuickReply.objects.all().delete()
    assert imported(supervisor, content, name=name).state == JobState.DONE
    assert shared() == before
    assert TrailEntry.objects.get(action="quick_reply.exported").detail.values["rows"] == 2


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_templates_example_is_no_reply(supervisor, language):
    with translation.override(language):
        content, name = reply_files.template("xlsx")
    rows = list(opened(BytesIO(content), name).rows())
    assert len(rows) == 2
    job = imported(supervisor, content, name=name)
    assert job.error
    assert shared() == set()


def test_who_may_not_edit_shared_ones_gets_nothing(supervisor):
    agent = make.make_member()
    with pytest.raises(NotAllowed):
        reply_files.exported("csv", member=agent)
    job = imported(agent, "title,text\na,b\n")
    assert job.state == JobState.FAILED
    job = imported(supervisor, "title,text\na,b\n", write=False)
    supervisor.role = Role.AGENT
    supervisor.save()
    reply_files.confirm(job)
    reply_files.write(job.pk)
    job.refresh_from_db()
    assert (job.state, shared()) == (JobState.FAILED, set())


@pytest.mark.parametrize(
    "text", ["Dear ${Nobody}", "${}", "${Customer Name}", "${customername}", "a ${OrderNo} ${x}"]
)
def test_an_unknown_variable_is_refused(text):
    with pytest.raises(Invalid) as refused:
        quick_replies.add(make.make_member(), title="t", text=text)
    assert "${CustomerName}" in refused.value.detail
    assert not QuickReply.objects.exists()


def test_variables_of_the_settings_are_known():
    business.save(QuickReplySettings, {"variables": ["level"]}, None)
    business.forget()
    assert quick_replies.add(make.make_member(), title="t", text="Dear ${level} member").pk
    with pytest.raises(Invalid):
        business.save(QuickReplySettings, {"variables": ["not a name"]}, None)


def card_in(record, card):
    Message.objects.create(
        session=record.session, seq=9, rev=9, kind="custom", author_kind="customer", body={"data": card}
    )


def test_values_come_from_what_was_told_and_from_the_order_card():
    record = make_record("Hello")
    session = record.session
    assert "OrderNo" not in reply_variables.values(session, {})
    number = {"name": "订单号", "value": "T-1", "customerValue": ""}
    card_in(record, {"src": "28", "content": {"customField": [number]}})
    assert reply_variables.values(session, {"level": 3, "odd": [1]}) == {
        "ChannelName": session.channel.name, "OrderNo": "T-1", "level": "3",
    }  # fmt: skip
    assert reply_variables.values(session, {"OrderNo": "T-2"})["OrderNo"] == "T-2"


@pytest.mark.parametrize(
    "content",
    [
        None,
        "x",
        {},
        {"customField": 1},
        {"customField": [1, {"name": 3}, {"name": "Order no.", "value": []}]},
    ],
)
def test_odd_order_cards_hold_no_number(content):
    record = make_record("Hello")
    card_in(record, {"src": "28", "content": content})
    assert "OrderNo" not in reply_variables.values(record.session, {})


def test_the_starter_set_comes_once_in_both_languages():
    assert starter_replies.install() == QuickReply.objects.count() > 20
    languages = set(QuickReply.objects.values_list("language", flat=True))
    assert languages == {"en", "zh-hans"}
    for text in QuickReply.objects.values_list("text", flat=True):
        reply_variables.check(text)
    assert starter_replies.install() == 0
    QuickReply.objects.all().delete()
    assert starter_replies.install() == 0, "what was deleted stays so"


def test_the_starter_set_leaves_alone_what_people_have_made():
    QuickReply.objects.create(title="Hi", text="Hi")
    assert starter_replies.install() == 0
