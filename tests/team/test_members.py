"""Adding, changing and deleting members (T-1, T-2, T-3): who may, what names, and who is left."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction

from apps.team import members, passwords
from apps.team.models import Member, Role, TrailDetail, TrailEntry
from csdesk import clock
from csdesk.errors import DomainError, Invalid, NotAllowed
from tests.factories import make_member

ADMIN = Role.ADMINISTRATOR


def new(**fields) -> Member:
    return Member(**{"nickname": "Ann", "email": "Ann@Example.com", "role": Role.AGENT} | fields)


@pytest.mark.django_db
class TestNames:
    @pytest.mark.parametrize("email", ["ann@example.com", "ANN@EXAMPLE.COM", " Ann@example.COM "])
    def test_an_email_is_given_once_in_any_case(self, email):
        admin = make_member(ADMIN)
        members.add(new(), admin)
        with pytest.raises(Invalid) as refused:
            members.add(new(email=email, account="other"), admin)
        assert refused.value.extra["field"] == "email"
        assert Member.objects.present().filter(email__iexact="ann@example.com").count() == 1

    def test_the_database_keeps_it_too(self):
        make_member(email="ann@example.com")
        with pytest.raises(IntegrityError), transaction.atomic():
            make_member(email="ANN@example.com")

    def test_an_account_is_nobody_elses_email(self):
        admin = make_member(ADMIN)
        members.add(new(), admin)
        with pytest.raises(Invalid) as refused:
            members.add(new(email="b@example.com", account="ann@EXAMPLE.com"), admin)
        assert refused.value.extra["field"] == "account"

    def test_a_look_alike_is_the_same_name(self):
        admin = make_member(ADMIN)
        members.add(new(email="super@example.com", account="Chief"), admin)
        for field, fields in (
            ("account", {"email": "b@example.com", "account": "ｓｕｐｅｒ@example.com"}),
            ("account", {"email": "b@example.com", "account": "ＣＨＩＥＦ"}),
            ("email", {"email": "ｓuper@example.com", "account": "b"}),
        ):
            with pytest.raises(Invalid) as refused:
                members.add(new(**fields), admin)
            assert refused.value.extra["field"] == field

    @pytest.mark.parametrize("nickname", ["Grace Hu", "ｇｒａｃｅ hu", "grace-HU", "机器人", "Bot"])
    def test_nobody_is_called_as_the_super_administrator_or_the_bot(self, nickname):
        chief, agent = make_member(Role.SUPER, nickname="Grace Hu"), make_member()
        with pytest.raises(Invalid) as refused:
            members.change(agent, {"nickname": nickname}, chief)
        assert refused.value.extra["field"] == "nickname"
        assert members.change(chief, {"nickname": "GRACE Hu"}, chief).nickname == "GRACE Hu"

    def test_a_deleted_one_can_be_added_anew(self):
        admin = make_member(ADMIN)
        first = new()
        members.add(first, admin)
        members.delete(first, admin)
        second = new()
        members.add(second, admin)
        assert second.pk != first.pk
        assert int(second.staff_no) > int(first.staff_no)

    def test_the_email_stays(self):
        with pytest.raises(Invalid):
            members.change(make_member(), {"email": "new@example.com"}, make_member(ADMIN))


@pytest.mark.django_db
class TestRoles:
    @pytest.mark.parametrize("role", [Role.SUPER, "owner", ""])
    def test_a_role_that_nobody_gives_is_refused(self, role):
        member = make_member()
        with pytest.raises(NotAllowed):
            members.change(member, {"role": role}, make_member(ADMIN))
        with pytest.raises(NotAllowed):
            members.add(new(role=role), make_member(ADMIN))
        assert Member.objects.get(pk=member.pk).role == Role.AGENT

    @pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AGENT])
    def test_who_is_no_administrator_changes_nobody(self, role):
        actor, member = make_member(role), make_member()
        for act in (
            lambda: members.change(member, {"nickname": "x"}, actor),
            lambda: members.change(actor, {"role": ADMIN}, actor),
            lambda: members.add(new(), actor),
            lambda: members.delete(member, actor),
            lambda: passwords.reset(member, actor),
        ):
            with pytest.raises(NotAllowed):
                act()

    def test_ones_own_role_is_for_somebody_else(self):
        admin = make_member(ADMIN)
        make_member(ADMIN)
        with pytest.raises(NotAllowed):
            members.change(admin, {"role": Role.AGENT}, admin)

    def test_the_super_administrator_is_changed_by_nobody_else(self):
        chief = make_member(Role.SUPER)
        for act in (
            lambda: members.change(chief, {"nickname": "x"}, make_member(ADMIN)),
            lambda: members.delete(chief, make_member(ADMIN)),
            lambda: passwords.reset(chief, make_member(ADMIN)),
            lambda: members.delete(chief, chief),
        ):
            with pytest.raises(NotAllowed):
                act()
        members.change(chief, {"nickname": "Chief"}, chief)
        assert Member.objects.get(pk=chief.pk).nickname == "Chief"

    def test_a_right_that_was_taken_meanwhile_counts_no_more(self):
        """The actor was read before somebody made them an agent."""
        admin, member = make_member(ADMIN), make_member()
        Member.objects.filter(pk=admin.pk).update(role=Role.AGENT)
        with pytest.raises(NotAllowed):
            members.change(member, {"role": ADMIN}, admin)

    def test_the_last_administrator_stays(self):
        """Also where there is no super administrator, and one who was forced offline changes nobody."""
        admin, forced = make_member(ADMIN), make_member(ADMIN, forced_offline_at=clock.now())
        for act in (
            lambda: members.delete(admin, admin),
            lambda: members.delete(admin, forced),
            lambda: members.change(admin, {"role": Role.AGENT}, forced),
        ):
            with pytest.raises(NotAllowed):
                act()
        assert Member.objects.present().get(pk=admin.pk).role == ADMIN

    def test_each_change_says_before_and_after(self):
        admin, member = make_member(ADMIN), make_member(nickname="Ann")
        members.change(member, {"nickname": "Anna", "serves": member.serves}, admin, address="203.0.113.7")
        detail = TrailDetail.objects.get(entry__action="member.changed", entry__object_id=str(member.pk))
        assert detail.values == {"before": {"nickname": "Ann"}, "after": {"nickname": "Anna"}}
        assert (detail.member_name, detail.address) == (admin.nickname, "203.0.113.7")
        members.change(member, {"nickname": "Anna"}, admin)
        assert TrailEntry.objects.filter(action="member.changed", object_id=str(member.pk)).count() == 1


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def race(self, *acts) -> list:
        start, found = threading.Barrier(len(acts)), []

        def run(act) -> None:
            start.wait()
            try:
                act()
                found.append(None)
            except DomainError as error:
                found.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        return found

    def test_of_two_administrators_who_delete_each_other_one_is_left(self):
        one, two = make_member(ADMIN), make_member(ADMIN)
        found = self.race(lambda: members.delete(two, one), lambda: members.delete(one, two))
        assert sorted(error is None for error in found) == [False, True]
        assert Member.objects.present().filter(pk__in=[one.pk, two.pk]).count() == 1

    def test_of_two_who_demote_each_other_one_is_left(self):
        one, two = make_member(ADMIN), make_member(ADMIN)
        role = {"role": Role.AGENT}
        found = self.race(lambda: members.change(two, role, one), lambda: members.change(one, role, two))
        assert sorted(error is None for error in found) == [False, True]
        assert Member.objects.filter(pk__in=[one.pk, two.pk], role=ADMIN).count() == 1

    def test_of_two_who_are_added_with_one_email_the_second_is_told(self):
        admin = make_member(ADMIN)
        found = self.race(
            lambda: members.add(new(email="two@example.com"), admin),
            lambda: members.add(new(email="TWO@example.com"), admin),
        )
        assert sorted(type(error).__name__ for error in found) == ["Invalid", "NoneType"]

    def test_staff_numbers_given_at_once_differ(self):
        admin = make_member(ADMIN)
        acts = [lambda n=n: members.add(new(email=f"m{n}@example.com"), admin) for n in range(4)]
        assert self.race(*acts) == [None] * 4
        numbers = Member.objects.filter(email__startswith="m").values_list("staff_no", flat=True)
        assert len(set(numbers)) == 4
