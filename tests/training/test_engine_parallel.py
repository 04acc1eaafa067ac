"""Two processes that share the batches train to the losses and weights of one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.training import Recorder, run, telling_settings

from sargeo_training.engine.checkpoints import load_best

SCRIPT = Path(__file__).parents[1] / "support" / "train_in_processes.py"


def torchrun(folder: Path, processes: int) -> None:
    words = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    done = subprocess.run(
        [sys.executable, *words, str(SCRIPT), str(folder)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.slow
def test_two_processes_reach_the_losses_of_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(monkeypatch)
    network, _ = run(tmp_path / "one", telling_settings())
    (tmp_path / "two").mkdir()
    torchrun(tmp_path / "two", 2)
    for rank in range(2):
        losses = json.loads((tmp_path / "two" / f"losses_{rank}.json").read_text(encoding="utf-8"))
        assert losses == [pytest.approx(step, rel=1e-4) for step in recorder.losses]
    # Adam makes steps of rounding errors where the gradient is zero, so weights are compared as
    # a whole.
    both = load_best(tmp_path / "two")[0].state_dict()
    errors, sizes = (
        sum(float(v.double().square().sum()) for v in values)
        for values in (
            [both[n] - v for n, v in network.state_dict().items()],
            network.state_dict().values(),
        )
    )
    assert errors < 1e-6 * sizes
