"""The console in a real browser: every page under the strict policy, in both languages, themes and sizes."""

import re
import secrets

import pytest
from playwright.sync_api import Page, expect

from apps.team.models import Member, Role, SkillGroup
from tests.browsers import Pages
from tests.factories import PASSWORD, make_channel, make_group, make_member
from tests.stack import Stack

pytestmark = pytest.mark.usefixtures("live_db")

PAGES = (
    "/console/",
    "/console/team/member/",
    "/console/team/member/add/",
    "/console/team/member/import/",
    "/console/team/apicredential/",
    "/console/team/apicredential/add/",
    "/console/team/skillgroup/",
    "/console/team/skillgroup/add/",
    "/console/service_sessions/channel/",
    "/console/service_sessions/channel/add/",
    "/console/service_sessions/quickreply/",
    "/console/service_sessions/quickreply/add/",
    "/console/service_sessions/quickreply/import/",
    "/console/service_sessions/summarycategory/",
    "/console/service_sessions/tag/",
    "/console/service_sessions/tag/add/",
    "/console/settings/blacklist/",
    "/console/settings/summary/",
    "/console/settings/quick_replies/",
    "/console/settings/permissions/",
    "/console/team/grant/",
    "/console/team/grant/add/",
    "/console/service_sessions/accessrequest/",
    "/console/team/trailentry/",
    "/console/team/trailentry/check/",
    "/console/settings/prompts/",
    "/console/settings/allocation/",
    "/console/settings/hours/",
    "/console/settings/reception/",
    "/console/settings/queue/",
    "/console/settings/flow/",
    "/console/settings/presence/",
    "/console/settings/closing/",
    "/console/settings/rating/",
    "/console/settings/messages/",
    "/console/team/signinentry/",
    "/account/",
    "/account/password/",
    "/account/phone/",
    "/account/second-factor/",
    "/account/confirm/",
    "/console/bot/qa/",
    "/console/bot/qa/add/",
    "/console/bot/qa/categories/",
    "/console/bot/qa/import/",
    "/console/bot/releases/",
    "/console/bot/releases/changes/",
    "/console/bot/settings/",
    "/console/bot/settings/bot_welcome/",
    "/console/bot/numbers/",
)


def sign_in(page: Page, member: Member, password: str = PASSWORD) -> None:
    page.goto("/login/")
    page.locator("[name=login]").fill(member.account)
    page.locator("[name=password]").fill(password)
    page.locator("main button[type=submit]").click()
    page.wait_for_url(re.compile(r"/(console|desk|account)/"))


def make_admin() -> Member:
    return make_member(Role.ADMINISTRATOR, serves=False)


def test_a_group_gets_a_member_by_the_picker(page_factory: Pages):
    member, group = make_member(nickname=f"Picked {secrets.token_hex(4)}"), make_group()
    page = page_factory(lang="en-GB")
    sign_in(page, make_admin())
    page.goto(f"/console/team/skillgroup/{group.pk}/change/")
    page.locator(".add-row a").click()
    page.locator(".dynamic-memberships .select2-selection").click()
    page.locator(".select2-search__field").fill(member.nickname.split()[1])
    page.locator(".select2-results__option", has_text=member.nickname).click()
    page.locator(".dynamic-memberships select[name$=priority]").select_option("1")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".banner.good")).to_be_visible()
    assert list(group.memberships.values_list("member", "priority")) == [(member.pk, 1)]
    page.goto(f"/console/team/member/{member.pk}/history/")
    page.goto(f"/console/team/skillgroup/{group.pk}/history/")
    expect(page.locator(".history")).to_contain_text(member.nickname)


def test_a_member_is_added_searched_reset_and_deleted(page_factory: Pages):
    mark = secrets.token_hex(4)
    page = page_factory(lang="en-GB")
    sign_in(page, make_admin())
    page.goto("/console/team/member/")
    page.get_by_role("link", name="Add member").click()
    page.get_by_label("Nickname").fill(f"Nina {mark}")
    page.get_by_label("E-mail", exact=True).fill(f"{mark}@example.com")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".banner.good", has_text=f"{mark}@example.com")).to_be_visible()
    page.locator("#searchbar").fill(mark)
    page.locator("#searchbar").press("Enter")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    page.locator(".list-filter", has_text="Role").locator("summary").click()
    page.locator(".list-filter .row", has_text="Supervisor").click()
    expect(page.locator(".empty")).to_be_visible()
    page.get_by_role("link", name="Clear filters").click()
    page.locator("#searchbar").fill(mark)
    page.locator("#searchbar").press("Enter")
    page.get_by_role("link", name=f"Nina {mark}", exact=True).click()
    page.get_by_role("link", name="Reset password").click()
    page.get_by_role("button", name="Reset and e-mail").click()
    expect(page.locator(".banner.good", has_text="e-mailed")).to_be_visible()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.locator(".banner.good")).to_be_visible()
    assert Member.objects.get(email=f"{mark}@example.com").deleted_at is not None


def test_words_are_previewed_while_typing_and_refused_at_their_field(page_factory: Pages):
    page_factory.expect("status of 400")
    page = page_factory(lang="en-GB")
    sign_in(page, make_admin())
    page.goto("/console/settings/prompts/")
    field = page.locator("[name=connected_en]")
    row = page.locator(".words-text", has=field)
    field.fill("I am ${StaffName} <b>today</b>")
    expect(row.locator(".bubble")).to_have_text("I am Lin Xiaowen <b>today</b>")
    field.fill("I am ${Nobody}")
    page.get_by_role("button", name="Save", exact=True).click()
    wrong = page.locator(".form-row.errors .wrong")
    expect(wrong).to_contain_text("${Nobody} is not known here")
    expect(page.locator("[name=connected_en]")).to_have_value("I am ${Nobody}")


def test_the_overview_renews_itself_and_says_when_it_cannot(page_factory: Pages):
    page_factory.expect("ERR_|Failed to load")
    page = page_factory(lang="en-GB")
    page.clock.install()
    sign_in(page, make_admin())
    page.goto("/console/")
    expect(page.locator(".live").first).to_contain_text("Updated")
    group = make_group(name=f"Fresh {secrets.token_hex(4)}")
    page.clock.run_for(6_000)
    expect(page.locator("table", has_text=group.name)).to_be_visible()
    page.context.set_offline(True)
    page.clock.run_for(6_000)
    expect(page.locator(".stalled")).to_be_visible()
    page.context.set_offline(False)
    page.clock.run_for(6_000)
    expect(page.locator(".stalled")).to_be_hidden()
    SkillGroup.objects.filter(pk=group.pk).delete()


def test_the_embed_code_is_copied(page_factory: Pages):
    channel = make_channel()
    page = page_factory(lang="en-GB", permissions=["clipboard-read", "clipboard-write"])
    sign_in(page, make_admin())
    page.goto(f"/console/service_sessions/channel/{channel.pk}/change/")
    page.locator(".field-embed_code").get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.endswith(f'/widget.js" data-channel="{channel.key}" async></script>')
    channel.delete()


def test_language_and_theme_are_chosen_in_the_account_menu(page_factory: Pages):
    page = page_factory(lang="en-GB")
    sign_in(page, make_admin())
    page.goto("/console/team/member/")
    page.locator(".top details.menu summary").click()
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.get_by_role("button", name="中文").click()
    expect(page.locator("h1")).to_have_text("成员")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.locator(".top details.menu summary").click()
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url("**/login/")


def test_a_second_sign_in_ends_the_first_and_says_so(page_factory: Pages, stack: Stack):
    admin = make_admin()
    first, second = page_factory(lang="en-GB"), page_factory(lang="en-GB")
    sign_in(first, admin)
    sign_in(second, admin)
    first.goto("/console/")
    expect(first.locator(".banner")).to_contain_text("signed in elsewhere")
    assert second.goto("/console/").status == 200


def test_an_emailed_password_is_changed_first(page_factory: Pages):
    member = make_member(must_change_password=True)
    page = page_factory(size=(375, 667), lang="en-GB")
    sign_in(page, member)
    page.wait_for_url("**/account/password/")
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill("quite a new one 7")
    page.get_by_label("New password again").fill("quite a new one 7")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("heading", name="Bind your phone number")).to_be_visible()
    page.get_by_role("button", name="Not now").click()
    page.wait_for_url("**/desk/")
