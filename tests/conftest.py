"""What every browser walk has: the running system and a browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import FLAGS, Live, chromium, running

COMPANY = (Path(__file__).parent / "walk_company.py").read_text("utf-8")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Web server and worker over the company of the walks."""
    chromium()
    with running(tmp_path_factory.mktemp("live"), COMPANY) as system:
        yield system


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """A real Chromium."""
    from playwright.sync_api import sync_playwright

    program = chromium()
    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield chrome
        chrome.close()
