"""The zip of the plugin passes the scanners of QGIS's plugin repository.

The repository scans every upload with bandit and detect-secrets, as here. Findings of its critical
rules refuse the upload; those of the others must be ticked off, one by one, by whoever uploads.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tools import package

#: The plugin starts sargeo, pip, uv and ssh: without a shell, with arguments as a list.
TICKED_OFF = {
    "B603": "subprocess without shell",
    "B607": "a program found on PATH, such as uv or ssh",
}
SWITCHED_OFF = {"B404": "import of subprocess"}


def scanned_by_bandit(folder: Path) -> list[tuple[str, str, int]]:
    """Return rule, file and line of every finding."""
    command = [sys.executable, "-m", "bandit", "-r", ".", "-f", "json", "--quiet"]
    run = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    report = json.loads(run.stdout)
    assert report["errors"] == []
    return [(r["test_id"], r["filename"], r["line_number"]) for r in report["results"]]


def scanned_by_detect_secrets(folder: Path) -> dict[str, list[object]]:
    """Return the findings in each file."""
    # A relative folder: detect-secrets finds nothing in an absolute one.
    command = [sys.executable, "-m", "detect_secrets", "scan", "--all-files", "."]
    run = subprocess.run(command, cwd=folder, capture_output=True, check=True)
    results: dict[str, list[object]] = json.loads(run.stdout)["results"]
    return results


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scanned")
    built = package.build(package.PLUGIN, package.CHANGELOG, folder)
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


@pytest.fixture
def careless(tmp_path: Path) -> Path:
    """A folder that both scanners must find fault with."""
    source = 'def run(code):\n    exec(code)\n\n\napi_key = "' + "0123456789abcdef" * 2 + '"\n'
    (tmp_path / "careless.py").write_text(source, encoding="utf-8")
    return tmp_path


def test_bandit_finds_only_what_is_known(unpacked: Path) -> None:
    known = TICKED_OFF.keys() | SWITCHED_OFF.keys()
    assert [f for f in scanned_by_bandit(unpacked) if f[0] not in known] == []


def test_no_finding_is_silenced_in_the_sources(unpacked: Path) -> None:
    """Such comments would hide findings here and be read as a trick there."""
    for path in unpacked.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "# nosec" not in text and "allowlist" not in text, path


def test_detect_secrets_finds_nothing(unpacked: Path) -> None:
    assert scanned_by_detect_secrets(unpacked) == {}


def test_the_scanners_do_see(careless: Path) -> None:
    assert ("B102", "./careless.py", 2) in scanned_by_bandit(careless)
    assert len(scanned_by_detect_secrets(careless)["careless.py"]) > 0
