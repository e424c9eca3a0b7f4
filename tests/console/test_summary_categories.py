"""The categories of the summary in the console (S-15): every change, what is refused, who may, the trail."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.sessions import summaries
from apps.sessions.models import SummaryCategory, WrapUp
from apps.team.models import Role, TrailEntry
from tests import factories as make
from tests.records.scene import make_record

pytestmark = pytest.mark.django_db
LIST = reverse("admin:service_sessions_summarycategory_changelist")
ACT = reverse("admin:service_sessions_summarycategory_act")


def signed_in(role: str) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.post("/login/", {"login": make.make_member(role).account, "password": make.PASSWORD})
    return client


@pytest.fixture
def admin() -> Client:
    return signed_in(Role.ADMINISTRATOR)


def paths() -> list[str]:
    return [node.path for node in summaries.tree().walk()]


def did(client: Client, verb: str, **fields: object) -> str:
    """What is told: "" when it was done."""
    answer = client.post(ACT, {"do": verb, **fields})
    if answer.status_code == 302:
        return ""
    assert answer.status_code == 400
    return answer.context["wrong"]


def of(name: str) -> int:
    return SummaryCategory.objects.get(name=name).pk


def test_a_tree_is_made_named_ordered_and_taken_apart(admin):
    for name in ("Goods", " After   sales "):
        assert did(admin, "add", name=name) == ""
    assert did(admin, "add", name="Refunds", parent=of("After sales")) == ""
    assert did(admin, "add", name="Late", parent=of("Refunds")) == ""
    assert paths() == ["Goods", "After sales", "After sales / Refunds", "After sales / Refunds / Late"]
    assert did(admin, f"up.{of('After sales')}") == ""
    assert did(admin, f"rename.{of('Late')}", name="Overdue") == ""
    assert did(admin, f"within.{of('Overdue')}", parent=of("Goods")) == ""
    assert paths() == ["After sales", "After sales / Refunds", "Goods", "Goods / Overdue"]
    assert did(admin, f"off.{of('Goods')}") == ""
    page = admin.get(LIST)
    assert {row["name"]: row["is_out"] for row in page.context["rows"]}["Overdue"] is True
    assert did(admin, f"delete.{of('After sales')}") == ""
    assert paths() == ["Goods", "Goods / Overdue"]
    actions = list(TrailEntry.objects.filter(object_type="summary_category").values_list("action", flat=True))
    assert sorted(set(actions)) == [
        f"summary_category.{verb}" for verb in ("added", "changed", "deleted", "disabled", "moved")
    ]
    moved = TrailEntry.objects.filter(action="summary_category.moved").latest("number").detail.values
    assert moved["before"] == {"within": "After sales / Refunds", "place": 1}
    assert moved["after"] == {"within": "Goods", "place": 1}


def test_what_does_not_fit_is_told_beside_what_was_typed(admin):
    for name, parent in (("A", ""), ("B", "A"), ("C", "B"), ("D", "")):
        SummaryCategory.objects.create(name=name, parent_id=of(parent) if parent else None)
    assert "needs a name" in did(admin, "add", name="  ")
    assert "longer than 60" in did(admin, "add", name="x" * 61)
    assert "already" in did(admin, "add", name="a")
    assert "already" in did(admin, f"rename.{of('D')}", name="A")
    assert "at most 3 deep" in did(admin, "add", name="E", parent=of("C"))
    assert "at most 3 deep" in did(admin, f"within.{of('A')}", parent=of("D"))
    assert "within itself" in did(admin, f"within.{of('A')}", parent=of("B"))
    assert "gone" in did(admin, "add", name="E", parent=10**9)
    assert "gone" in did(admin, f"delete.{10**9}")
    assert paths() == ["A", "A / B", "A / B / C", "D"]
    page = admin.post(ACT, {"do": "add", "name": "a"}).content.decode()
    assert 'value="a" aria-invalid="true"' in page


def test_one_that_stands_in_summaries_is_only_switched_off(admin):
    top = SummaryCategory.objects.create(name="Top")
    inner = SummaryCategory.objects.create(name="Inner", parent=top)
    agent = make.make_member()
    WrapUp.objects.create(record=make_record("Hello", agent=agent), member=agent, category=inner)
    assert "stands in summaries" in did(admin, f"delete.{top.pk}")
    assert paths() == ["Top", "Top / Inner"]
    assert did(admin, f"off.{top.pk}") == ""


@pytest.mark.parametrize("verb", ["", "add.x", "up.", "up.0x1", "drop.1", "rename.-1"])
def test_a_crafted_act_is_refused(admin, verb):
    if verb.startswith("add"):
        assert did(admin, verb, name="") != ""
    else:
        assert admin.post(ACT, {"do": verb}).status_code == 400
    assert admin.get(ACT).status_code == 400
    assert not SummaryCategory.objects.exists()


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AGENT])
def test_others_see_and_change_nothing(role):
    client = signed_in(role)
    assert client.get(LIST).status_code == 403
    assert client.post(ACT, {"do": "add", "name": "x"}).status_code == 403
    assert not SummaryCategory.objects.exists()
