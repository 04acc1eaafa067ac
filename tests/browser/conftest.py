"""A real browser for the page; it reaches no network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of an installed Chromium; with SARGEO_REQUIRE_BROWSER=1 its absence is a failure."""
    path = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if path is None:
        lack = f"no browser of {', '.join(_NAMES)} is installed"
        if os.environ.get("SARGEO_REQUIRE_BROWSER") == "1":
            pytest.fail(lack)
        pytest.skip(lack)
    return path


@pytest.fixture(scope="module")
def browser(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """One browser with a profile of its own for the tests of a file.

    Playwright's event loop runs as long as it does: no test elsewhere could run one of its own.
    """
    profile: Path = tmp_path_factory.mktemp("profile")
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=chromium,
            args=_ARGUMENTS,
            viewport={"width": 1200, "height": 800},
        )
        yield context
        context.close()
