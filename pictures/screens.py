"""The screens: where each is, who sees it, and what is pressed before its picture is taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from csdesk.sheets import STATES

NOBODY, AGENT, ADMIN = "", "agent1@example.com", "admin@example.com"
WINDOW_LIVE = ".window-state[data-link=live]"
DESK_LIVE = "#live[data-live=live]"


def _nothing(page: Page) -> None:
    pass


@dataclass(frozen=True)
class Screen:
    """One screen. `ready` is what is waited for; `act` brings it into the state to be shown."""

    name: str
    address: str
    who: str = NOBODY
    ready: str = "body"
    act: Callable[[Page], None] = _nothing
    # Components are shown in the theme and language that their address names.
    is_sheet: bool = False


def _press(selector: str) -> Callable[[Page], None]:
    return lambda page: page.locator(selector).first.click()


def _open_chat(page: Page) -> None:
    page.get_by_role("button").last.click()
    page.frame_locator("iframe").locator(WINDOW_LIVE).wait_for()


def _open_record(page: Page) -> None:
    page.locator(".record-open").first.click()
    page.locator(".transcript .message").first.wait_for()


def _open_customer(page: Page) -> None:
    page.locator(".record-open").first.click()
    page.locator("#profile h2").wait_for()


def _help(page: Page) -> None:
    page.locator("#messages").focus()
    page.keyboard.press("?")


def _sheets() -> list[Screen]:
    made = []
    for name, states in STATES.items():
        for state in states:
            ready = {"window": WINDOW_LIVE, "desk": DESK_LIVE}.get(name, "body")
            ready = {"loading": "body", "offline": ".banner:visible"}.get(state, ready)
            address = f"/dev/components/{name}/?state={state}"
            made.append(Screen(f"{name}-{state}", address, ready=ready, is_sheet=True))
    return made


def _in_sheet(name: str, act: Callable[[Page], None]) -> Screen:
    address = "/dev/components/desk/?state=serving"
    return Screen(f"desk-{name}", address, ready="#thread .message", act=act, is_sheet=True)


def _console(*names: str) -> list[Screen]:
    return [
        Screen(f"console-{name.strip('/').replace('/', '-') or 'index'}", f"/console/{name}", ADMIN)
        for name in names
    ]


SCREENS = [
    Screen("sign-in", "/login/"),
    Screen("sign-in-phone", "/login/phone/"),
    Screen("sign-in-ended", "/login/once/ended/"),
    Screen("security", "/account/", ADMIN),
    Screen("second-factor", "/account/second-factor/", ADMIN),
    Screen("phone", "/account/phone/", ADMIN),
    Screen("shop", "/demo/"),
    Screen("shop-chat", "/demo/", act=_open_chat),
    Screen("nothing-here", "/nothing-here/"),
    *_sheets(),
    _in_sheet("transfer", _press("#transfer")),
    _in_sheet("card", _press("#pick-card")),
    _in_sheet("summary", _press("#sum-up")),
    _in_sheet("help", _help),
    _in_sheet("availability", _press("#availability > summary")),
    _in_sheet("account", _press("#account > summary")),
    Screen("workbench", "/desk/", AGENT, ready=DESK_LIVE),
    Screen("monitor", "/desk/monitor/", ADMIN, ready=DESK_LIVE),
    Screen("records", "/records/?period=all", AGENT, ready=".record-open"),
    Screen("transcript", "/records/?period=all", AGENT, ready=".record-open", act=_open_record),
    Screen("customers", "/customers/", ADMIN, ready=".record-open"),
    Screen("customer", "/customers/", ADMIN, ready=".record-open", act=_open_customer),
    Screen("blacklist", "/customers/blacklist/", ADMIN),
    *_console(
        "",
        "team/member/",
        "team/member/add/",
        "team/skillgroup/",
        "team/signinentry/",
        "service_sessions/channel/",
        "service_sessions/channel/add/",
        "service_sessions/quickreply/",
        "service_sessions/quickreply/import/",
        "service_sessions/summarycategory/",
        "service_sessions/tag/",
        "team/trailentry/",
        "settings/prompts/",
        "settings/reception/",
        "settings/rating/",
    ),
]
