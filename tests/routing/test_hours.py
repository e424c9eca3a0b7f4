"""Working hours (R-16): weekly intervals, past midnight, zones, holidays, groups' own, the refusal."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from apps.routing import hours, intervals
from apps.routing.intervals import Interval
from apps.routing.settings import HoursSettings, PromptSettings
from apps.sessions.models import State
from apps.team import business
from apps.team.business import InvalidSetting
from apps.team.models import Role, TrailDetail
from apps.team.setting_fields import Words
from csdesk.errors import NotFound, WrongState
from tests import factories as make
from tests.routing import scene
from tests.routing.scene import asks, codes, customer_comes, endings

SHANGHAI = ZoneInfo("Asia/Shanghai")
CLOSED = [""] * 7
# The scene's clock stands at 9:00 UTC on Tuesday, 6 May 2031: 17:00 in Shanghai.


def rules(week: list[str] | None = None, **values) -> HoursSettings:
    given = {"is_on": True, "zone": "Asia/Shanghai", "week": week or [*CLOSED[:6], "10:00-11:00"]} | values
    return business.changed(HoursSettings(), given)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("09:00-18:00", "09:00-18:00"),
        ("9-12,13-18", "09:00-12:00, 13:00-18:00"),
        ("１３：００～１８：００，９：００—１２：００", "09:00-12:00, 13:00-18:00"),
        ("20:00 – 02:00", "20:00-02:00"),
        ("00:00-24:00", "00:00-24:00"),
        ("22:00至次", None),
        ("", ""),
        ("18:00-18:00", None),
        ("24:00-02:00", None),
        ("25:00-26:00", None),
        ("09:60-10:00", None),
        ("09:00-12:00, 11:00-13:00", None),
        ("09:00", None),
        ("-", None),
    ],
)
def test_hours_are_read_as_people_write_them(typed, read):
    if read is None:
        with pytest.raises(ValueError, match=r"."):
            intervals.parse(typed)
    else:
        assert intervals.written(intervals.parse(typed)) == read


@given(
    start=some.integers(0, intervals.DAY - 1),
    length=some.integers(1, intervals.DAY - 1),
)
def test_what_is_written_reads_the_same_again(start, length):
    interval = Interval(start, start + length)
    assert intervals.parse(str(interval)) == (interval,)


def test_what_crosses_midnight_belongs_to_the_day_it_begins_on(settings):
    night = rules(["20:00-02:00", *CLOSED[1:]])
    assert [hours.is_open_by(night, at(f"2031-05-05T{time}")) for time in ("19:59", "20:00", "23:59")] == [
        False,
        True,
        True,
    ]
    assert hours.is_open_by(night, at("2031-05-06T01:59"))
    assert not hours.is_open_by(night, at("2031-05-06T02:00"))
    # On Tuesday evening nothing begins.
    assert not hours.is_open_by(night, at("2031-05-06T21:00"))


def test_hours_are_times_of_the_zone():
    open_there = rules(["09:00-10:00"] * 7)
    assert hours.is_open_by(open_there, datetime(2031, 5, 6, 1, 30, tzinfo=UTC))
    assert not hours.is_open_by(open_there, datetime(2031, 5, 6, 9, 30, tzinfo=UTC))


def test_clocks_that_change_do_not_move_the_hours():
    there = ZoneInfo("Europe/Berlin")
    found = rules(["02:30-09:00"] * 7, zone="Europe/Berlin")
    for day in ("2031-03-29", "2031-03-30", "2031-03-31", "2031-10-26"):
        assert hours.is_open_by(found, at(f"{day}T08:59", there))
        assert not hours.is_open_by(found, at(f"{day}T09:00", there))
    # 2:30 does not exist on the night of the change: it opens when the clock has gone on.
    opening = hours.next_opening_by(found, at("2031-03-30T01:00", there))
    assert opening == at("2031-03-30T03:30", there)


def test_a_holiday_closes_and_an_extra_day_opens():
    found = rules(
        ["09:00-18:00"] * 5 + ["", ""],
        days=[
            {"first": "2031-05-06", "last": "2031-05-07", "intervals": "", "name": "Holiday"},
            {"first": "2031-05-10", "intervals": "10:00-12:00", "name": "Instead"},
        ],
    )
    assert hours.is_open_by(found, at("2031-05-05T12:00"))
    assert not hours.is_open_by(found, at("2031-05-06T12:00"))
    assert not hours.is_open_by(found, at("2031-05-07T12:00"))
    assert hours.is_open_by(found, at("2031-05-08T12:00"))
    assert hours.is_open_by(found, at("2031-05-10T11:00"))
    assert not hours.is_open_by(found, at("2031-05-10T12:00"))
    assert hours.next_opening_by(found, at("2031-05-06T12:00")) == at("2031-05-08T09:00")


def test_a_night_shift_before_a_holiday_ends_when_it_always_does():
    found = rules(["20:00-02:00"] * 7, days=[{"first": "2031-05-06", "last": "2031-05-06", "intervals": ""}])
    assert hours.is_open_by(found, at("2031-05-06T01:00"))
    assert not hours.is_open_by(found, at("2031-05-06T21:00"))


@given(
    week=some.lists(some.sampled_from(["", "9-12", "9-12, 14-18", "22-6", "0-24"]), min_size=7, max_size=7),
    minutes=some.integers(0, 20_000),
)
def test_the_parts_of_days_say_the_same_as_each_moment_and_so_does_the_next_opening(week, minutes):
    found = rules(week, days=[{"first": "2031-05-08", "last": "2031-05-09", "intervals": "23-1"}])
    moment = at("2031-05-05T00:00") + timedelta(minutes=minutes)
    # By the definition: an interval of this day, or what is left of the day before.
    minute = moment.hour * 60 + moment.minute
    today = hours.day_intervals(found, moment.date())
    before = hours.day_intervals(found, moment.date() - timedelta(days=1))
    is_open = any(one.start <= minute < one.end for one in today) or any(
        minute + intervals.DAY < one.end for one in before
    )
    assert hours.is_open_by(found, moment) is is_open
    opening = hours.next_opening_by(found, moment)
    if opening:
        assert not is_open and opening > moment
        assert hours.is_open_by(found, opening)
        assert not hours.is_open_by(found, opening - timedelta(minutes=1))


def test_switched_off_means_always_open():
    assert hours.is_open_by(HoursSettings(), at("2031-01-01T03:00"))


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"week": CLOSED}, "week"),
        ({"week": ["9-12"] * 6}, "week"),
        ({"week": ["nine", *CLOSED[1:]]}, "week"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"days": [{"first": "2031-02-30"}]}, "days"),
        ({"days": [{"first": "2031-02-03", "last": "2031-02-02"}]}, "days"),
        ({"days": [{"first": "2031-02-03", "last": "2032-02-04"}]}, "days"),
        ({"days": [{"first": "2031-02-03", "last": "2031-02-05"}, {"first": "2031-02-05"}]}, "days"),
        ({"days": [{"first": "2031-02-03", "intervals": "9-9"}]}, "days"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(values, field):
    with pytest.raises(InvalidSetting) as refused:
        rules(**{"week": ["9-18"] * 7} | values)
    assert refused.value.field == field


# --- Asking for a human ----------------------------------------------------------------------------


@pytest.mark.usefixtures("time")
class TestAsking:
    def close(self, **values) -> None:
        open_on_monday = ["09:00-18:00", *CLOSED[1:]]
        scene.set_rules(
            HoursSettings, **{"is_on": True, "zone": "Asia/Shanghai", "week": open_on_monday} | values
        )

    def test_outside_the_hours_the_hand_over_is_refused_with_its_words(self):
        scene.agent_at_desk()
        self.close()
        session = asks(customer_comes())
        assert (session.state, session.status) == (State.CLOSED, "off_hours")
        assert endings(session) == ["off_hours"]
        assert codes(session) == ["welcome", "off_hours", "src19"]

    def test_within_the_hours_an_agent_comes(self):
        agent = scene.agent_at_desk()
        self.close(week=["", "16:00-17:01", *CLOSED[2:]])
        assert asks(customer_comes()).agent == agent

    def test_the_words_can_be_switched_off(self):
        self.close()
        scene.set_rules(PromptSettings, off_hours=Words({"en": "Closed"}, enabled=False))
        session = asks(customer_comes())
        assert codes(session) == ["welcome", "src19"]

    def test_a_group_keeps_hours_of_its_own(self):
        early, late = make.make_group(), make.make_group()
        admin = make.make_member(Role.ADMINISTRATOR)
        open_on_tuesday = {"is_on": True, "zone": "Asia/Shanghai", "week": ["", "16-18", *CLOSED[2:]]}
        hours.save_own(late.pk, open_on_tuesday, admin)
        late.refresh_from_db()
        self.close()
        now = datetime(2031, 5, 6, 9, 0, tzinfo=UTC)
        assert hours.is_open(now, late)
        assert not hours.is_open(now, early)
        assert not hours.is_open(now)
        assert hours.next_opening(now, early) == at("2031-05-12T09:00")


@pytest.mark.django_db
class TestOwnHours:
    OWN = {"is_on": True, "zone": "Asia/Shanghai", "week": ["9-12"] * 7}

    def test_each_change_is_in_the_trail(self):
        group, admin = make.make_group(), make.make_member(Role.ADMINISTRATOR)
        hours.save_own(group.pk, self.OWN, admin, version=0, address="192.0.2.1")
        group.refresh_from_db()
        assert hours.own_rules(group).week[0] == (Interval(540, 720),)
        entry = TrailDetail.objects.select_related("entry").order_by("entry_id").last()
        assert (entry.entry.action, entry.entry.object_id) == ("group.hours", str(group.pk))
        assert entry.values["before"] == {"hours": None}
        assert entry.values["after"]["hours"]["week"][0] == ["09:00-12:00"]
        hours.save_own(group.pk, None, admin, version=hours.version_of(group))
        group.refresh_from_db()
        assert hours.own_rules(group) is None

    def test_who_saves_second_is_told(self):
        group, admin = make.make_group(), make.make_member(Role.ADMINISTRATOR)
        hours.save_own(group.pk, self.OWN, admin, version=0)
        with pytest.raises(WrongState):
            hours.save_own(group.pk, None, admin, version=0)

    def test_a_group_that_is_not_there_has_none(self):
        with pytest.raises(NotFound):
            hours.save_own(make.make_group().pk + 10**6, None, make.make_member(Role.ADMINISTRATOR))


def test_special_days_are_kept_by_date():
    found = rules(
        ["9-18"] * 7,
        days=[
            {"first": "2031-05-10", "name": "second"},
            {"first": "2031-05-01", "last": "2031-05-03", "name": "first"},
        ],
    )
    assert [one.name for one in found.days] == ["first", "second"]
    assert list(found.days[0].days()) == [date(2031, 5, day) for day in (1, 2, 3)]
    again = business.from_stored(HoursSettings, business.to_json(found))
    assert again == found
