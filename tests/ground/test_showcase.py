"""The component page is there for those who work on the faces, and for nobody else (Q-6)."""

import pytest
from django.test import Client

from csdesk import csp
from csdesk.sheets import STATES
from tests.factories import make_channel

pytestmark = pytest.mark.django_db

ALL = [(name, state) for name, states in STATES.items() for state in states]


@pytest.mark.parametrize("address", ["/dev/components/", "/dev/components/parts/", "/dev/components/desk/"])
def test_there_is_no_component_page_in_production(client: Client, settings, address: str):
    settings.DEMO = False
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("lang", ["en", "zh-hans"])
@pytest.mark.parametrize(("name", "state"), ALL)
def test_every_sheet_is_made_in_every_state_under_the_strict_policy(
    client: Client, settings, name: str, state: str, lang: str
):
    settings.DEMO = True
    make_channel(kind="website")
    asked = {"state": state, "lang": lang}
    response = client.get(f"/dev/components/{name}/", asked, headers={"accept-encoding": "gzip"})
    assert response.status_code == 200
    assert response["Content-Security-Policy"] == csp.policy(frame_ancestors=["'self'"])
    assert "showcase/pretend.js" in response.content.decode()
    assert set(response.cookies) <= {settings.CSRF_COOKIE_NAME}


def test_the_component_page_shows_a_sheet_in_four_widths(client: Client, settings):
    settings.DEMO = True
    html = client.get(
        "/dev/components/", {"sheet": "desk", "state": "offers", "theme": "dark"}
    ).content.decode()
    assert html.count("<iframe") == 4
    for width in (320, 375, 760, 1280):
        assert f'width="{width}"' in html
    assert "/dev/components/desk/?state=offers&amp;theme=dark&amp;lang=" in html


def test_nobody_is_signed_in_by_the_component_page(client: Client, settings):
    settings.DEMO = True
    client.get("/dev/components/console/")
    assert client.get("/console/").status_code == 302
