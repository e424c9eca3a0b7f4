"""Voice and video messages (S-6, V-1): recorded in the window, heard before they are sent, then played."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.agents import Agent
from tests.browser.windows import Window, new_words, open_window
from tests.browsers import Pages

pytestmark = pytest.mark.usefixtures("live_db")


def served(page: Page, agent: Agent) -> tuple[Window, str]:
    window = open_window(page, lang="en")
    words = new_words("I would rather speak")
    window.say(words)
    return window, agent.until_served(words)


def test_a_voice_is_recorded_heard_sent_and_played(page_factory: Pages, agent: Agent) -> None:
    page = page_factory(size=(375, 667), lang="en-GB", permissions=["microphone"])
    window, session = served(page, agent)
    place = page.locator(".recorder")
    page.get_by_role("button", name="Record a voice message").click()
    expect(place.locator(".record-clock")).to_have_text("0:01")
    expect(page.locator(".say")).to_be_hidden()
    place.get_by_role("button", name="Stop recording").click()
    expect(place.get_by_role("button", name="Play")).to_be_visible()
    place.get_by_role("button", name="Discard").click()
    expect(place).to_have_count(0)

    page.get_by_role("button", name="Record a voice message").click()
    expect(place.locator(".record-clock")).to_have_text("0:01")
    place.get_by_role("button", name="Stop recording").click()
    place.get_by_role("button", name="Send").click()
    voice = window.thread.get_by_role("group", name="Voice message")
    voice.get_by_role("button", name="Play").click()
    expect(voice.get_by_role("button", name="Pause")).to_be_visible()
    expect(voice.locator(".voice-bar")).to_have_value(re.compile(r"0\.[1-9]|[1-9]"))
    [heard] = [frame for frame in agent.messages(session) if frame["message"]["type"] == "voice"]
    assert heard["message"]["file"]["mime"].startswith("audio/")
    assert 1 <= heard["message"]["file"]["duration"] <= 10
    assert len([frame for frame in agent.messages(session) if "file" in frame["message"]]) == 1

    # What is written is sent by the button that stands in the microphone's place.
    window.composer.fill("No, I write")
    expect(page.get_by_role("button", name="Record a voice message")).to_be_hidden()
    page.get_by_role("button", name="Send", exact=True).click()
    window.expect_sent("No, I write")


def test_a_video_shows_itself_before_it_is_sent(page_factory: Pages, agent: Agent) -> None:
    page = page_factory(size=(375, 667), lang="en-GB", permissions=["microphone", "camera"])
    window, session = served(page, agent)
    place = page.locator(".recorder")
    page.get_by_role("button", name="Record a voice message").click()
    place.get_by_role("button", name="Record a video instead").click()
    expect(place.locator("video")).to_be_visible()
    place.get_by_role("button", name="Start recording").click()
    expect(place.locator(".record-clock")).to_have_text("0:01")
    place.get_by_role("button", name="Stop recording").click()
    place.get_by_role("button", name="Send").click()
    video = window.thread.locator("video")
    expect(video).to_be_visible()
    agent.until(lambda: any(frame["message"]["type"] == "video" for frame in agent.messages(session)))
    box = video.bounding_box()
    assert box["width"] / box["height"] == pytest.approx(640 / 480, abs=0.05)


def test_a_refused_microphone_is_told_in_words(page_factory: Pages) -> None:
    page = page_factory(size=(375, 667), lang="en-GB")
    window = open_window(page, lang="en")
    page.get_by_role("button", name="Record a voice message").click()
    expect(window.banner).to_contain_text("The microphone cannot be used.")
    expect(window.composer).to_be_visible()
    page.keyboard.press("Escape")
