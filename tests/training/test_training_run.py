"""A short run on made-up sheets learns, and ends in a model that loads."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path

import pytest
import torch
from support.sheets import CALIBRATED, PICTURE, coast, coast_sources

from sargeo.errors import ModelDamagedError
from sargeo.model.registry import load_model
from sargeo.model.spec import TowerSpec
from sargeo.model.storage import save_model
from sargeo_training.batches import Mixture, Prefetched, collate
from sargeo_training.evaluate import score_split
from sargeo_training.fit import Average, Log, Minutes, Steps, fit, load_checkpoint, new_network
from sargeo_training.recipe import Recipe, tiny_spec
from sargeo_training.report import make_report, write_report
from sargeo_training.sheet import Source

TINY = Recipe(
    tower=TowerSpec(depths=(1, 1, 1, 1), dims=(8, 8, 16, 16), decoder_dim=8),
    crop_px=64,
    batch_size=4,
    learning_rate=4e-3,
    average=0.9,
)
CPU = torch.device("cpu")


def mixture(seed: int = 0) -> Mixture:
    return Mixture(coast_sources(), size=TINY.crop_px, batch_size=TINY.batch_size, seed=seed)


def run(
    folder: Path, steps: int, recipe: Recipe = TINY, scores: Iterable[float] = itertools.count()
) -> list[Log]:
    lines: list[Log] = []
    batches, score = Prefetched(iter(mixture())), iter(scores)
    try:
        fit(batches, recipe, Steps(steps), folder, CPU, lines.append, lambda _: next(score))
    finally:
        batches.close()
    return lines


def test_run_learns_and_exports_a_model_that_loads(tmp_path: Path) -> None:
    first = run(tmp_path / "short", 2)[-1]
    last = run(tmp_path / "long", 100)[-1]
    assert last.step == 100
    assert last.share == 1
    assert last.landcover_loss < first.landcover_loss
    network, recipe = load_checkpoint(tmp_path / "long")
    assert recipe == TINY
    report = make_report("short", score_split(network, coast_sources(), "holdout"), 1.0, 0.3)
    write_report(report, tmp_path)
    assert {f.data.partition(",")[0] for f in report.figures} == {"calibrated", "picture"}
    assert "calibrated" in (tmp_path / "report.md").read_text(encoding="utf-8")
    spec = tiny_spec(recipe, ("made up",)).model_copy(update={"temperature": report.temperature})
    save_model(tmp_path / "model", network, spec)
    model = load_model(tmp_path / "model", "cpu")
    sheet = coast()
    prediction = model.predict(sheet.values, bands=("VV", "VH"), scale="linear")
    water = prediction.landcover[8:40] == 80
    land = prediction.landcover[88:120] == 80
    assert water.mean() > land.mean()


def test_steps_repeat_to_the_bit(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        run(tmp_path / folder, 3)
    a, b = (load_checkpoint(tmp_path / f)[0].state_dict() for f in "ab")
    assert all(torch.equal(a[k], b[k]) for k in a)


def test_run_ends_when_it_no_longer_gets_better(tmp_path: Path) -> None:
    hasty = TINY.model_copy(update={"validate_every": 0.1, "patience": 2})
    scores = iter([0.1, 0.5, 0.4, 0.5])
    last = run(tmp_path / "stopped", 20, hasty, scores)
    assert list(scores) == []
    assert not last or last[-1].step < 20


def test_best_weights_are_kept(tmp_path: Path) -> None:
    every_other = TINY.model_copy(update={"validate_every": 0.5})
    run(tmp_path / "worse", 4, every_other, [0.9, 0.2])
    run(tmp_path / "better", 4, every_other, [0.2, 0.9])
    kept, other = (load_checkpoint(tmp_path / f)[0].state_dict() for f in ("worse", "better"))
    assert any(not torch.equal(kept[k], other[k]) for k in kept)


def test_same_seed_draws_the_same_batches() -> None:
    first, second = (next(iter(mixture(seed=3))) for _ in range(2))
    assert torch.equal(first.inputs.pixels, second.inputs.pixels)
    other = next(iter(mixture(seed=4)))
    assert not torch.equal(first.inputs.pixels, other.inputs.pixels)


def test_held_out_sheets_are_never_drawn() -> None:
    held_out = coast("held", split="holdout", bands=PICTURE)
    source = Source("s", 1.0, (coast("train"), held_out), "none")
    stream = Mixture([source], size=64, batch_size=1, seed=0)
    polarisations = {b.polarisation for _ in range(20) for b in stream.draw().bands}
    assert polarisations == {"VV", "VH"}


def test_sources_without_weight_are_not_trained_on() -> None:
    weightless = Source("s", 0.0, (coast(bands=PICTURE),), "none")
    used = Source("t", 1.0, (coast(bands=CALIBRATED),), "none")
    stream = Mixture([weightless, used], size=64, batch_size=1, seed=0)
    polarisations = {b.polarisation for _ in range(10) for b in stream.draw().bands}
    assert polarisations <= {"VV", "VH"}


def test_inputs_stand_in_the_slots_of_their_polarisations() -> None:
    sample = Mixture([coast_sources()[1]], size=64, batch_size=1, seed=0).draw()
    batch = collate([sample])
    assert batch.inputs.context.present.tolist() == [[False, False, True, False]]
    assert not batch.inputs.pixels[:, [0, 1, 3]].any()
    assert batch.inputs.pixels[:, 2].std() > 0.1


def test_error_in_the_thread_reaches_the_consumer() -> None:
    def broken():
        yield next(iter(mixture()))
        raise ValueError("no more")

    batches = Prefetched(broken())
    with pytest.raises(ValueError, match="no more"):
        list(batches)
    batches.close()


def test_closing_stops_a_thread_that_waits() -> None:
    batches = Prefetched(iter(mixture()))
    next(iter(batches))
    batches.close()
    assert not batches._thread.is_alive()


def test_average_follows_a_network_that_stands_still() -> None:
    network = new_network(TINY)
    average = Average(network, 0.9)
    with torch.no_grad():
        for p in network.parameters():
            p.fill_(3.0)
    for _ in range(200):
        average.update(network)
    assert all(average.state[n].sub(3).abs().max() < 1e-2 for n, _ in network.named_parameters())


def test_minutes_run_out() -> None:
    assert Minutes(1e-9).share(1) == 1
    assert Minutes(60).share(10**6) < 0.01


def test_missing_checkpoint_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelDamagedError, match="no checkpoint"):
        load_checkpoint(tmp_path)
