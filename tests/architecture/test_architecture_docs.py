"""The documentation builds without a warning, says what is true, and fetches nothing."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from sargeo_cli.main import app

ROOT = Path(__file__).resolve().parents[2]
FETCHED = re.compile(
    r'<(?:script|img|iframe)[^>]+src="(?:https?:)?//|<link[^>]+href="(?:https?:)?//'
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the pages, which executes those that hold code."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONUTF8": "1"},
    )
    assert done.returncode == 0, done.stderr
    return folder


def text_of(page: Path) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8")))


@pytest.mark.slow
def test_pages_fetch_nothing(site: Path) -> None:
    pages = [page for page in site.rglob("*.html") if page.name != "404.html"]
    assert len(pages) > 15
    for page in pages:
        assert not FETCHED.search(page.read_text(encoding="utf-8")), page


@pytest.mark.slow
def test_every_command_and_option_stands_in_the_reference(site: Path) -> None:
    text = text_of(site / "reference" / "command-line.html")
    group = get_command(app)
    for name, command in group.commands.items():
        assert f"sargeo {name}" in text
        for option in (o for p in command.params for o in p.opts if o.startswith("--")):
            assert option in text, f"{name} {option}"


@pytest.mark.slow
def test_the_notebook_was_executed(site: Path) -> None:
    text = text_of(site / "how-to" / "notebook.html")
    assert "<xarray.Dataset>" in text
    assert "demo_scene_landcover.tif" in text
    total, objects = re.findall(r"^(\d+) == (\d+)$", text, flags=re.MULTILINE)[0]
    assert total == objects


@pytest.mark.slow
def test_every_decision_is_listed(site: Path) -> None:
    index = (site / "decisions" / "index.html").read_text(encoding="utf-8")
    decisions = {p.stem for p in (ROOT / "docs" / "decisions").glob("*.md")} - {"index"}
    assert decisions
    for name in decisions:
        assert f'href="{name}.html"' in index


def test_the_commands_of_the_readme_exist() -> None:
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    commands = get_command(app).commands
    for name in ("README.md", "CONTRIBUTING.md", "docs/quickstart.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert set(re.findall(r"^make (\w+)$", text, re.MULTILINE)) <= set(targets)
        assert set(re.findall(r"bin/sargeo (\w+)", text)) <= set(commands)


def test_local_links_of_the_top_pages_lead_somewhere() -> None:
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?://)([^)#]+)\)", text):
            assert (ROOT / target).exists(), f"{name}: {target}"
