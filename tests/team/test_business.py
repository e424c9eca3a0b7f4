"""Settings of the business: typed, versioned, applied within 2 s (M-2, T-11)."""

from dataclasses import dataclass
from typing import ClassVar

import pytest

from apps.team import business
from apps.team.business import InvalidSetting, Section
from apps.team.models import SettingsVersion, TrailDetail
from apps.team.setting_fields import Words, choice, lines, text, whole, words, yes_or_no
from csdesk.errors import WrongState
from tests.factories import make_member

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Sample(Section):
    """A section for these tests."""

    name: ClassVar[str] = "sample_for_tests"
    title: ClassVar = "Sample"
    order: ClassVar[int] = 999

    seconds: int = whole(60, "Seconds", minimum=10, maximum=100)
    least: int = whole(20, "Least", maximum=100)
    is_on: bool = yes_or_no(True, "On")
    look: str = choice("stars", "Look", [("stars", "Stars"), ("numbers", "Numbers")])
    name_of_it: str = text("", "Name", maximum=5)
    keywords: tuple = lines(["a"], "Keywords", maximum=3, longest=4)
    hello: Words = words({"en": "Hi ${StaffName}", "zh-hans": "你好"}, "Hello", names=["StaffName"])

    def check(self) -> None:
        if self.least > self.seconds:
            raise InvalidSetting("least", "too many")


# Other tests look at all sections: this one is there only while a test of this file runs.
business._sections.pop(Sample.name)


@pytest.fixture(autouse=True)
def _sample_only_here():
    business._sections[Sample.name] = Sample
    yield
    business._sections.pop(Sample.name, None)


def test_defaults_count_until_something_is_saved():
    read = business.read(Sample)
    assert (read.seconds, read.version) == (60, 0)


def test_saving_makes_a_version_and_is_read_at_once():
    member = make_member()
    business.read(Sample)
    business.save(Sample, {"seconds": 30}, member, address="192.0.2.1")
    read = business.read(Sample)
    assert (read.seconds, read.is_on, read.version) == (30, True, 1)
    business.save(Sample, {"is_on": False}, member)
    assert business.read(Sample).version == 2
    assert SettingsVersion.objects.filter(section=Sample.name).count() == 2
    detail = TrailDetail.objects.order_by("-entry_id").last()
    assert detail.entry.action == "settings.changed"
    assert detail.address == "192.0.2.1"
    assert detail.values == {"version": 1, "before": {"seconds": 60}, "after": {"seconds": 30}}


def test_another_process_sees_it_within_a_second(monkeypatch):
    business.read(Sample)
    values = business.to_json(Sample(seconds=42))
    SettingsVersion.objects.create(section=Sample.name, version=1, values=values)
    assert business.read(Sample).seconds == 60  # our copy, at most a second old
    later = business.time.monotonic() + business.CACHE_SECONDS + 0.001
    monkeypatch.setattr(business.time, "monotonic", lambda: later)
    assert business.read(Sample).seconds == 42
    assert business.CACHE_SECONDS <= 1


def test_reading_costs_a_query_at_most_once_a_second(django_assert_num_queries):
    with django_assert_num_queries(1):
        for _time in range(50):
            business.read(Sample)


def test_nothing_changed_saves_nothing():
    business.save(Sample, {"seconds": 60}, None)
    assert not SettingsVersion.objects.filter(section=Sample.name).exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seconds", 9),
        ("seconds", 101),
        ("seconds", "60"),
        ("seconds", True),
        ("seconds", None),
        ("seconds", 10.5),
        ("is_on", "yes"),
        ("look", "hearts"),
        ("name_of_it", "too long"),
        ("name_of_it", 3),
        ("keywords", "abc"),
        ("keywords", ["a", "b", "c", "d"]),
        ("keywords", ["longer"]),
        ("hello", "Hi"),
        ("hello", {"enabled": True, "texts": {"en": "", "zh-hans": ""}}),
        ("hello", {"enabled": True, "texts": {"en": "Hi ${Nobody}"}}),
        ("hello", {"enabled": True, "texts": {"en": "Hi $(Nobody)"}}),
        ("hello", {"enabled": True, "texts": {"en": "Hi ${}"}}),
        ("hello", {"enabled": True, "texts": {"en": "x" * 1001}}),
        ("least", 61),
        ("no_such_field", 1),
    ],
)
def test_a_value_that_does_not_fit_is_refused_at_its_field(field, value):
    with pytest.raises(InvalidSetting) as refused:
        business.save(Sample, {field: value}, None)
    assert refused.value.field == field
    assert refused.value.code == "invalid"
    assert not SettingsVersion.objects.filter(section=Sample.name).exists()


def test_the_second_of_two_who_edit_the_same_version_is_told():
    business.save(Sample, {"seconds": 30}, None, version=0)
    with pytest.raises(WrongState):
        business.save(Sample, {"seconds": 40}, None, version=0)
    assert business.current(Sample).seconds == 30


def test_stored_values_that_no_longer_fit_fall_back_to_the_default():
    values = {"seconds": 5000, "is_on": False, "gone": 1}
    SettingsVersion.objects.create(section=Sample.name, version=1, values=values)
    read = business.current(Sample)
    assert (read.seconds, read.is_on) == (60, False)


@pytest.mark.parametrize("spelling", ["Hi $(StaffName)!", "Hi $StaffName!", "Hi ${StaffName}!"])
def test_the_three_spellings_of_a_known_name_are_one(spelling):
    saved = business.save(Sample, {"hello": {"enabled": True, "texts": {"en": spelling}}}, None)
    assert saved.hello.texts["en"] == "Hi ${StaffName}!"
    assert saved.hello.fill("en", StaffName="Lin") == "Hi Lin!"


def test_a_price_is_no_name():
    saved = business.save(Sample, {"hello": {"enabled": True, "texts": {"en": "From $US 5, $9"}}}, None)
    assert saved.hello.text("en") == "From $US 5, $9"


def test_words_choose_the_customers_language_and_can_be_off():
    words = Words({"en": "Hello", "zh-hans": "你好"})
    assert words.text("en-GB") == "Hello"
    assert words.text("zh-CN") == "你好"
    assert words.text("fr") == "你好"  # the deployment's
    assert Words({"en": "Hello", "zh-hans": ""}).text("zh-hans") == "Hello"
    assert Words({"en": "Hello"}, enabled=False).text("en") == ""


def test_a_value_is_not_filled_again():
    filled = Words({"en": "${A} ${B}"}).fill("en", A="${B}", B="x")
    assert filled == "${B} x"
