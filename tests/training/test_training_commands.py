"""``sargeo train`` says what it lacks, and compares finished runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.tiles import tile
from typer.testing import CliRunner

from sargeo.errors import EnvironmentLackError, ReferenceDataError
from sargeo_training import commands
from sargeo_training.evaluation.report import make_report, write_report


def test_missing_package_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "find_spec", lambda _: None)
    with pytest.raises(EnvironmentLackError, match="needs scikit-learn") as caught:
        commands.train()
    assert "sargeo[train]" in caught.value.remedy


def test_runs_are_compared(tmp_path: Path) -> None:
    for name, answer in (("full", 4), ("without the simulator", 0)):
        tiles = [tile(said=[0, answer], true=[0, 4], source="los_angeles")]
        write_report(make_report(name, tiles, 1.0, 0.5), tmp_path / name)
    folders = [str(tmp_path / n) for n in ("full", "without the simulator")]
    page = tmp_path / "docs" / "ablations.md"
    done = CliRunner().invoke(commands.app, ["compare", *folders, "-o", str(page)])
    assert done.exit_code == 0
    rows = page.read_text(encoding="utf-8").splitlines()
    assert "| data | measure | images | full | without the simulator |" in rows
    assert "| los_angeles | mean IoU | 1 | 1.00 | 0.25 |" in rows


def test_a_run_without_a_report_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(commands.app, ["compare", str(tmp_path), "-o", "page.md"])
    assert isinstance(done.exception, ReferenceDataError)
