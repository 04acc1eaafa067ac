"""A run that is killed goes on as if it had never stopped."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.training import Killed, Recorder, run, settings, telling_settings


@pytest.mark.parametrize("killed_after", [0, 3, 5, 9])
@pytest.mark.parametrize("accumulate", [1, 2])
def test_losses_after_a_kill_are_those_of_an_unbroken_run(
    killed_after: int, accumulate: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = settings(steps=10, checkpoint_every=3, optimiser={"accumulate": accumulate})
    scores = [0.1, 0.5, 0.3, 0.6, 0.2, 0.4, 0.7, 0.1, 0.2, 0.3]
    recorder = Recorder(monkeypatch)
    run(tmp_path / "whole", config, scores=scores)
    whole = recorder.take()
    assert len(whole) == 10 * accumulate
    recorder.kill_after = killed_after * accumulate
    with pytest.raises(Killed):
        run(tmp_path / "broken", config, scores=scores)
    recorder.take()
    recorder.kill_after = None
    saved = killed_after // 3 * 3
    run(tmp_path / "broken", config, scores=scores[saved:], resume=True)
    assert recorder.losses == whole[saved * accumulate :]


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
