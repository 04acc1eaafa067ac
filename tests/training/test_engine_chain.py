"""From simulated data over chips and texts to a model that maps a scene: every command once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
import yaml
from support.outcome import Outcome
from support.rasters import write_scene
from support.training import EVERY_LOSS, LANGUAGE, SETTINGS, simulate_few_coasts

from sargeo_training.data.sources import simulated
from sargeo_training.engine import export as runs
from sargeo_training.engine import material

BUILD = {"chips": {"levels_m": [1250]}, "sources": [{"name": "simulated"}]}
"""Chips of 125 pixels."""


@pytest.fixture
def few_simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulate a handful of small coasts, and nothing else."""
    simulate_few_coasts(monkeypatch)
    for module in (material, runs):
        monkeypatch.setattr(module, "load_all", lambda path, **_: (simulated.load(path),))


def written(path: Path, content: object) -> Path:
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def settings(folder: Path) -> Path:
    stage = {"learning_rate": 2e-3, "steps": 3}
    content = {
        **SETTINGS,
        "card": {"patch": 128, "margin": 32},
        "network": {**SETTINGS["network"], "language": LANGUAGE, "sensors": ["simulated"]},
        "chips": {"chip_px": 64, "batch_size": 4},
        "validation": {"every": 1},
        "stages": [
            {"name": "warm-start", **stage, "losses": {"reconstruction": 1.0}},
            {
                "name": "joint",
                **stage,
                "losses": {n: w for n, w in EVERY_LOSS.items() if n != "reconstruction"},
            },
        ],
    }
    return written(folder / "settings.yaml", content)


@pytest.mark.slow
@pytest.mark.usefixtures("few_simulated")
def test_every_command_leads_to_the_next(tmp_path: Path, cli: Callable[..., Outcome]) -> None:
    def train(*words: object) -> None:
        done = cli("train", *words)
        assert done.code == 0, done.err

    chips, told, run = (tmp_path / name for name in ("chips", "told", "run"))
    config = written(tmp_path / "b.yaml", BUILD)
    train("data", "--config", config, "-o", chips, "--data", tmp_path, "--workers", 1)
    train("texts", chips, "-o", told)
    train(
        *("pretrain", "--config", settings(tmp_path), "-o", run, "--threads", 1),
        *("--data", tmp_path, "--shards", told),
    )
    model = run / "model"
    assert (model / "tokenizer.json").exists()
    assert (run / "report.md").exists()
    # Simulated chips count towards no figure of language.
    assert "held out to measure on" in (run / "language.md").read_text(encoding="utf-8")
    scene = write_scene(tmp_path / "scene.tif").path
    done = cli("map", scene, "-o", tmp_path / "out", "--model", model)
    assert done.code == 0, done.err
    with rasterio.open(tmp_path / "out" / f"{scene.stem}_landcover.tif") as file:
        assert np.isin(file.read(1), [0, 10, 30, 50, 60, 80, 254]).all()
