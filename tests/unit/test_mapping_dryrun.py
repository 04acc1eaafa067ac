"""A dry run tells the time of all windows from that of one batch."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from support.seaside import seaside
from support.stub_model import StubModel

from sargeo.mapping import dryrun, plan_map


@pytest.mark.parametrize("batch_size", [1, 4])
def test_seconds_are_those_of_a_window_times_the_windows(
    batch_size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    class Watched(StubModel):
        def infer(self, batch, acquisition):
            seen.append(len(batch.windows))
            return super().infer(batch, acquisition)

    clock = iter([100.0, 108.0])  # eight seconds for the timed batch
    monkeypatch.setattr(dryrun, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    monkeypatch.setattr(dryrun, "BATCH_SIZE", {"cpu": 16})
    plan = plan_map(seaside(tmp_path / "scene.tif"), Watched(), batch_size=batch_size)
    assert seen == [batch_size, batch_size]
    assert plan.windows == 4
    assert plan.seconds == pytest.approx(plan.windows * 8.0 / batch_size)
