"""Files of members (M-4, T-2): dry run, all or nothing, what was written can be read again."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from apps.routing import tasks
from apps.team import due_passwords, member_exports, member_imports, trail
from apps.team.models import DuePassword, FileJob, Member, Membership, Role, TrailDetail, TrailEntry
from csdesk.errors import NotAllowed
from csdesk.file_jobs import exports, imports
from csdesk.file_jobs.models import JobState
from csdesk.tables import csv_pieces
from tests.factories import make_group, make_member

HEAD = ["Nickname", "E-mail", "Role", "Groups", "Serves customers"]


@pytest.fixture
def admin() -> Member:
    return make_member(Role.ADMINISTRATOR)


def checked(rows: list[list[str]], admin: Member, **options) -> FileJob:
    content = b"".join(csv_pieces(rows))
    return uploaded(content, admin, **options)


def uploaded(content: bytes, admin: Member, *, name: str = "x.csv", existing: str = "change") -> FileJob:
    with translation.override("en"):
        job = FileJob(subject="members", member=admin, address="203.0.113.7", existing=existing)
        imports.receive(job, SimpleUploadedFile(name, content), tasks.check_members)
    tasks.check_members(job.pk)
    job.refresh_from_db()
    return job


def written(rows: list[list[str]], admin: Member, **options) -> FileJob:
    job = checked(rows, admin, **options)
    assert job.state == JobState.CHECKED, (job.error, job.problems)
    return confirmed(job)


def confirmed(job: FileJob) -> FileJob:
    imports.confirm(job, tasks.write_members, address="203.0.113.7")
    tasks.write_members(job.pk)
    job.refresh_from_db()
    return job


def problems(job: FileJob) -> list[tuple]:
    assert job.state == JobState.REFUSED, (job.state, job.error)
    return [tuple(problem) for problem in job.problems]


@pytest.mark.django_db
class TestImport:
    def test_a_dry_run_writes_nothing(self, admin):
        job = checked([HEAD, ["Ann", "ann@example.com", "", "", ""]], admin)
        assert (job.state, job.rows, job.added) == (JobState.CHECKED, 1, 1)
        assert not Member.objects.filter(email="ann@example.com").exists()
        assert not DuePassword.objects.exists()

    def test_members_are_made_with_groups_numbers_and_entries(self, admin):
        sales, care = make_group(name="Pre-sales, EU"), make_group(name="Care")
        rows = [
            [*HEAD, "Supervises", "Sessions at once"],
            ["Ann", "Ann@Example.com", "Agent", "pre-sales, eu:1\nCARE", "", "", "3"],
            ["Bo", "bo@example.com", "主管", "Care", "No", "care", ""],
        ]
        job = written(rows, admin)
        assert (job.state, job.added, job.changed) == (JobState.DONE, 2, 0)
        ann, bo = Member.objects.get(email="Ann@Example.com"), Member.objects.get(email="bo@example.com")
        assert (ann.account, ann.role, ann.serves, ann.session_limit) == ("Ann@Example.com", "agent", True, 3)
        assert (bo.role, bo.serves) == (Role.SUPERVISOR, False)
        assert ann.staff_no != bo.staff_no
        assert not ann.has_usable_password()
        assert ann.must_change_password
        places = set(Membership.objects.values_list("member", "group", "priority", "supervises"))
        assert places == {
            (ann.pk, sales.pk, 1, False),
            (ann.pk, care.pk, 3, False),
            (bo.pk, care.pk, 3, True),
        }
        entry = TrailDetail.objects.get(entry__action="member.added", entry__object_id=str(bo.pk))
        assert entry.values["after"]["groups"] == [{"group": "Care", "priority": 3, "supervises": True}]
        assert (entry.member_name, entry.address) == (admin.nickname, "203.0.113.7")
        assert trail.verify().is_unaltered
        assert set(DuePassword.objects.values_list("pk", flat=True)) == {ann.pk, bo.pk}

    def test_look_alikes_the_supers_name_and_agents_who_supervise_are_refused(self, admin):
        make_member(Role.SUPER, nickname="Grace", account="chief", email="g@example.com")
        make_group(name="Care")
        head = ["Nickname", "E-mail", "Account", "Groups", "Supervises", "Role"]
        rows = [
            head,
            ["Ann", "a@example.com", "ＣＨＩＥＦ", "", "", ""],
            ["ｇrace", "b@example.com", "", "", "", ""],
            ["Bo", "ｃ@example.com", "c@example.com", "", "", ""],
            ["Di", "d@example.com", "", "Care", "Care", "agent"],
        ]
        found = {(row, title) for row, _column, title, _why in problems(checked(rows, admin))}
        assert {(2, "Account"), (3, "Nickname"), (5, "Supervises")} <= found

    def test_their_passwords_are_made_by_whoever_sends_them(self, admin, mailoutbox):
        written([HEAD, ["Ann", "ann@example.com", "", "", ""]], admin)
        assert mailoutbox == []
        assert due_passwords.send() == 1
        ann = Member.objects.get(email="ann@example.com")
        assert mailoutbox[0].to == ["ann@example.com"]
        # The file was uploaded in English.
        assert (ann.language, mailoutbox[0].subject) == ("en", "Your access to csdesk")
        assert ann.has_usable_password()
        assert ann.must_change_password

    @pytest.mark.parametrize(
        ("row", "column", "why"),
        [
            (["", "b@example.com", "", "", ""], "Nickname", "can't be empty"),
            (["Bo", "not an e-mail", "", "", ""], "E-mail", "no e-mail"),
            (["Bo", "ANN@EXAMPLE.COM", "", "", ""], "E-mail", "Row 2 has this e-mail"),
            (["Bo", "b@example.com", "king", "", ""], "Role", "Possible here"),
            (["Bo", "b@example.com", "super", "", ""], "Role", "can't give this role"),
            (["Bo", "b@example.com", "", "Nowhere", ""], "Groups", "no group called “Nowhere”"),
            (["Bo", "b@example.com", "", "Care:9", ""], "Groups", "1 to 5"),
            (["Bo", "b@example.com", "", "", "maybe"], "Serves customers", "Possible here"),
            (["System", "b@example.com", "", "", ""], "Nickname", "system's own"),
        ],
    )
    def test_one_bad_row_and_nothing_is_written(self, admin, row, column, why):
        make_group(name="Care")
        [(number, _letters, title, detail)] = problems(
            checked([HEAD, ["Ann", "ann@example.com", "", "", ""], row], admin)
        )
        assert (number, title) == (3, column)
        assert why in detail
        assert not Member.objects.filter(email__in=["ann@example.com", "b@example.com"]).exists()

    def test_all_that_is_wrong_with_a_row_is_told_at_once(self, admin):
        make_member(staff_no="X1", email="old@example.com", account="old")
        rows = [
            ["Nickname", "E-mail", "Account", "Phone", "Staff number", "Groups", "Role"],
            ["A", "a@example.com", "old", "12-abc", "X1", "Nowhere", "king"],
            ["B", "old@example.com", "old", "", "", "Nowhere", ""],
        ]
        found = {(row, title) for row, _column, title, _why in problems(checked(rows, admin))}
        titles = ("Account", "Phone", "Staff number", "Groups", "Role")
        assert found == {*((2, title) for title in titles), (3, "Groups")}

    @pytest.mark.parametrize("title", ["工号", "客服工号", "Staff number"])
    def test_the_usual_names_of_a_column_are_understood(self, admin, title):
        assert written([["昵称", "邮箱", title], ["Ann", "ann@example.com", "00077"]], admin).added == 1
        assert Member.objects.get(email="ann@example.com").staff_no == "00077"

    @pytest.mark.parametrize(
        ("head", "words"),
        [
            (["昵称", "邮箱", "爱好"], "昵称, 邮箱, 账号"),
            (["Nickname", "E-mail", "Hobby"], "Nickname, E-mail, Account"),
        ],
    )
    def test_the_columns_there_could_be_are_named_in_the_files_language(self, admin, head, words):
        assert words in checked([head, ["Ann", "ann@example.com", ""]], admin).error

    def test_names_and_numbers_that_somebody_has_are_refused(self, admin):
        old = make_member(staff_no="X1", email="old@example.com", account="old")
        gone = make_member(staff_no="X2", deleted_at=old.created_at)
        rows = [
            ["Nickname", "E-mail", "Account", "Staff number"],
            ["A", "a@example.com", "OLD@example.com", ""],
            ["B", "b@example.com", "", "X1"],
            ["C", "c@example.com", "", gone.staff_no],
            ["D", "d@example.com", "a@example.com", ""],
            ["E", "OLD", "", ""],
        ]
        found = problems(checked(rows, admin))
        assert [(row, title) for row, _letters, title, _why in found] == [
            (2, "Account"),
            (3, "Staff number"),
            (4, "Staff number"),
            (6, "E-mail"),
        ]

    def test_a_row_may_not_take_the_name_of_another_row(self, admin):
        rows = [
            ["Nickname", "E-mail", "Account", "Staff number"],
            ["A", "a@example.com", "shared", "S1"],
            ["B", "b@example.com", "Shared", "S1"],
        ]
        found = problems(checked(rows, admin))
        assert [(row, title) for row, _letters, title, _why in found] == [(3, "Account"), (3, "Staff number")]
        assert "Row 2 has this e-mail or account" in found[0][3]

    def test_who_is_there_is_changed_kept_or_refused(self, admin):
        ann = make_member(nickname="Ann", email="ann@example.com", phone="123")
        rows = [["Nickname", "E-mail", "Role"], ["Anna", "ANN@example.com", "Supervisor"]]
        assert checked(rows, admin, existing="keep").unchanged == 1
        assert "there already" in problems(checked(rows, admin, existing="refuse"))[0][3]
        job = written(rows, admin)
        assert (job.added, job.changed) == (0, 1)
        ann.refresh_from_db()
        assert (ann.nickname, ann.role, ann.email, ann.phone) == (
            "Anna",
            Role.SUPERVISOR,
            "ann@example.com",
            "123",
        )
        entry = TrailDetail.objects.get(entry__action="member.changed", entry__object_id=str(ann.pk))
        assert entry.values["before"] == {"nickname": "Ann", "role": "agent"}
        assert not DuePassword.objects.exists()

    def test_places_that_stay_are_the_same_rows(self, admin):
        care, sales = make_group(name="Care"), make_group(name="Sales")
        ann = make_member(nickname="Ann", email="ann@example.com", groups=[care])
        stays = Membership.objects.get(member=ann)
        written([["Nickname", "E-mail", "Groups"], ["Ann", "ann@example.com", "Care:2\nSales"]], admin)
        assert Membership.objects.get(member=ann, group=care).pk == stays.pk
        written([["Nickname", "E-mail", "Groups"], ["Ann", "ann@example.com", "Sales"]], admin)
        assert list(Membership.objects.values_list("group", flat=True)) == [sales.pk]

    def test_nobody_changes_the_super_administrator_or_their_own_role_by_a_file(self, admin):
        chief = make_member(Role.SUPER, nickname="Chief")
        rows = [["Nickname", "E-mail", "Role"], ["X", chief.email, ""], ["Y", admin.email, "Agent"]]
        found = problems(checked(rows, admin))
        assert [row for row, *_rest in found] == [2, 3]
        same = [["Nickname", "E-mail"], ["Chief", chief.email], [admin.nickname, admin.email]]
        assert checked(same, admin).unchanged == 2

    @pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AGENT])
    def test_a_right_that_was_lost_meanwhile_writes_nothing(self, admin, role):
        job = checked([HEAD, ["Ann", "ann@example.com", "", "", ""]], admin)
        Member.objects.filter(pk=admin.pk).update(role=role)
        assert confirmed(job).state == JobState.FAILED
        assert not Member.objects.filter(email="ann@example.com").exists()

    def test_who_was_added_meanwhile_is_found_at_the_writing(self, admin):
        job = checked([HEAD, ["Ann", "ann@example.com", "", "", ""]], admin, existing="refuse")
        make_member(email="ANN@example.com")
        assert "there already" in problems(confirmed(job))[0][3]

    def test_who_serves_no_more_gives_their_sessions_back(self, admin, django_capture_on_commit_callbacks):
        ann = make_member(nickname="Ann", email="ann@example.com")
        given = []
        job = checked([["Nickname", "E-mail", "Serves customers"], ["Ann", ann.email, "No"]], admin)
        imports.confirm(job, tasks.write_members)

        def take(job, table, dry_run):
            member_imports.take(job, table, dry_run, release=given.append)

        with django_capture_on_commit_callbacks(execute=True):
            imports.write(FileJob, job.pk, take)
        assert given == [ann]

    def test_the_rows_of_the_template_are_no_members(self, admin):
        for form in exports.TYPES:
            for language in ("en", "zh-hans"):
                with translation.override(language):
                    content = member_exports.template(form)
                job = uploaded(content, admin, name=f"x.{form}")
                assert (job.state, job.error) == (
                    JobState.REFUSED,
                    "The file holds the titles of its columns, but no rows.",
                )


@pytest.mark.django_db
class TestExport:
    @pytest.mark.parametrize("form", ["csv", "xlsx"])
    def test_what_was_written_changes_nothing_when_it_is_read(self, admin, form):
        care, sales = make_group(name="Care: EU, night"), make_group(name="Sales")
        make_member(Role.SUPER)
        ann = make_member(nickname="=HYPERLINK(1)", phone="+49 30", groups=[care, sales], session_limit=4)
        Membership.objects.filter(member=ann, group=care).update(priority=5, supervises=True)
        ids = list(Member.objects.values_list("pk", flat=True))
        with translation.override("zh-hans"):
            content = member_exports.at_once(ids, form, member=admin)
        job = uploaded(content, admin, name=f"x.{form}")
        assert (job.state, job.problems) == (JobState.CHECKED, [])
        assert (job.added, job.changed, job.unchanged) == (0, 0, len(ids))
        assert TrailEntry.objects.filter(action="members.exported").count() == 1

    def test_a_job_writes_a_large_one(self, admin):
        make_member()
        ids = list(Member.objects.values_list("pk", flat=True))
        job = member_exports.new_job(ids, "csv", member=admin)
        exports.begin(job, tasks.export_members)
        tasks.export_members(job.pk)
        job.refresh_from_db()
        assert (job.state, job.rows) == (JobState.DONE, len(ids))

    def test_nobody_but_administrators(self):
        with pytest.raises(NotAllowed):
            member_exports.at_once([], "csv", member=make_member(Role.SUPERVISOR))
        assert not TrailEntry.objects.filter(action="members.exported").exists()
