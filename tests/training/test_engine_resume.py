"""A run that is killed goes on as if it had never stopped."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from support.training import Killed, Recorder, run, settings, telling_settings

from sargeo_training.engine.rows import Rows

pytestmark = pytest.mark.slow

TIMES = ("seconds_per_step", "waiting_share")


def logged(folder: Path) -> list[dict[str, str]]:
    """Return the rows of a run's only file, without what hangs on the hour."""
    (path,) = folder.glob("csv/*/*.csv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [{k: v for k, v in row.items() if k not in TIMES} for row in rows]


@pytest.mark.parametrize("killed_after", [0, 3, 5, 9])
@pytest.mark.parametrize("accumulate", [1, 2])
def test_losses_after_a_kill_are_those_of_an_unbroken_run(
    killed_after: int, accumulate: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = settings(
        steps=10,
        checkpoint_every=3,
        log_every=1,
        optimiser={"accumulate": accumulate},
        validation={"every": 0.05},
    )
    scores = [0.1, 0.5, 0.3, 0.6, 0.2, 0.4, 0.7, 0.1, 0.2, 0.3]
    recorder = Recorder(monkeypatch)
    run(tmp_path / "whole", config, scores=scores)
    whole = recorder.take()
    assert len(whole) == 10 * accumulate
    recorder.kill_after = killed_after * accumulate
    with pytest.raises(Killed):
        run(tmp_path / "broken", config, scores=scores)
    recorder.take()
    if killed_after:
        assert logged(tmp_path / "broken") == logged(tmp_path / "whole")[: 2 * killed_after]
    recorder.kill_after = None
    saved = killed_after // 3 * 3
    run(tmp_path / "broken", config, scores=scores[saved:], resume=True)
    assert recorder.losses == whole[saved * accumulate :]
    rows = logged(tmp_path / "broken")
    assert rows == logged(tmp_path / "whole")
    assert len(rows) == 2 * 10  # validation, and losses
    assert len(list((tmp_path / "broken" / "tensorboard").iterdir())) == 1


@pytest.mark.parametrize("accumulate", [1, 2])
def test_slow_copies_queue_and_texts_go_on_too(
    accumulate: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = telling_settings(
        steps=5, checkpoint_every=2, optimiser={"accumulate": accumulate}, validation={"every": 1}
    )
    recorder = Recorder(monkeypatch)
    run(tmp_path / "whole", config)
    whole = recorder.take()
    recorder.kill_after = 3 * accumulate
    with pytest.raises(Killed):
        run(tmp_path / "broken", config)
    recorder.take()
    recorder.kill_after = None
    run(tmp_path / "broken", config, resume=True)
    assert recorder.losses == whole[2 * accumulate :]
    assert set(recorder.losses[0]) == set(config.stages[0].losses)


def test_rows_go_on_after_one_that_was_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "metrics.csv"
    first = Rows(path, ["loss", "validation"])
    for step in (20, 40, 60):
        first.log_metrics({"loss": 1 / step, "validation": 0.5}, step)
    path.write_bytes(path.read_bytes()[:-8])
    then = Rows(path, ["loss", "validation"])
    then.log_metrics({"validation": 0.25}, 120)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines == ["step,loss,validation", "20,0.05,0.5", "40,0.025,0.5", "120,,0.25"]
    with pytest.raises(ValueError, match="contrast"):
        then.log_metrics({"contrast": 1.0}, 140)
