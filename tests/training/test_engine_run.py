"""A short run on made-up images learns, keeps its best weights, and can be repeated."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import torch
from support.labelled_images import coast, coast_sources
from support.training import (
    Recorder,
    chips,
    crops,
    run,
    settings,
    telling_settings,
    tokeniser,
    write_chips,
)

from sargeo.errors import ReferenceDataError, UsageError
from sargeo.model.knowlip import SarKnowlip
from sargeo.model.registry import load_model
from sargeo.model.storage import save_model
from sargeo.model.tokens import Tokeniser
from sargeo_training.engine import material
from sargeo_training.engine import run as runs
from sargeo_training.engine.average import Average
from sargeo_training.engine.checkpoints import load_best
from sargeo_training.engine.networks import model_spec, new_network, schedule, take_from
from sargeo_training.engine.streams import Streams
from sargeo_training.evaluation.report import make_report, write_report
from sargeo_training.evaluation.scoring import score_split
from sargeo_training.objectives.alignment import all_names


@pytest.mark.slow
def test_run_learns_and_exports_a_model_that_loads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(monkeypatch)
    config = settings(steps=100)
    network, said = run(tmp_path / "run", config)
    losses = [step["landcover"] for step in recorder.take()]
    assert sum(losses[-10:]) < 0.9 * sum(losses[:10])
    assert "100.0%  step 100  landcover" in said[-1]
    assert "waiting for data" in said[-1]
    report = make_report("short", score_split(network, coast_sources(), "holdout"), 1.0, 0.3)
    write_report(report, tmp_path)
    assert {f.data.partition(",")[0] for f in report.figures} == {"calibrated", "picture"}
    assert "calibrated" in (tmp_path / "report.md").read_text(encoding="utf-8")
    spec = model_spec(config, ("made up",)).model_copy(update={"temperature": report.temperature})
    save_model(tmp_path / "model", network, spec)
    model = load_model(tmp_path / "model", "cpu")
    image = coast()
    prediction = model.predict(image.values, bands=("VV", "VH"), scale="linear")
    water = prediction.landcover[8:40] == 80
    land = prediction.landcover[88:120] == 80
    assert water.mean() > land.mean()


def test_steps_repeat_to_the_bit(tmp_path: Path) -> None:
    a, b = (run(tmp_path / folder)[0].state_dict() for folder in "ab")
    assert all(torch.equal(a[k], b[k]) for k in a)


def test_threads_that_make_batches_change_nothing(tmp_path: Path) -> None:
    a = run(tmp_path / "one")[0].state_dict()
    b = run(tmp_path / "three", settings(loader_threads=3))[0].state_dict()
    assert all(torch.equal(a[k], b[k]) for k in a)


def test_accumulated_batches_make_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(monkeypatch)
    config = settings(optimiser={"accumulate": 2})
    run(tmp_path, config)
    assert len(recorder.losses) == 2 * config.stages[0].steps


def test_run_ends_when_it_no_longer_gets_better(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(monkeypatch)
    hasty = settings(steps=20, validation={"every": 0.1, "keep": "best", "patience": 2})
    scores = iter([0.1, 0.5, 0.4, 0.5])
    run(tmp_path, hasty, scores=scores)
    assert list(scores) == []
    assert 8 <= len(recorder.take()) < 20
    # Nor does it start again.
    run(tmp_path, hasty, scores=[], resume=True)
    assert recorder.losses == []


def test_best_weights_are_kept(tmp_path: Path) -> None:
    every_other = settings(validation={"every": 0.5, "keep": "best"})
    kept = run(tmp_path / "worse", every_other, scores=[0.9, 0.2])[0].state_dict()
    other = run(tmp_path / "better", every_other, scores=[0.2, 0.9])[0].state_dict()
    assert any(not torch.equal(kept[k], other[k]) for k in kept)


def test_last_weights_are_kept_where_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(monkeypatch)
    for keep in ("best", "last"):
        config = settings(validation={"every": 0.25, "keep": keep, "patience": 1})
        run(tmp_path / keep, config, scores=[0.9, 0.2, 0.2, 0.2])
    first, last = (load_best(tmp_path / keep)[0].state_dict() for keep in ("best", "last"))
    assert any(not torch.equal(first[k], last[k]) for k in first)
    assert len(recorder.take()) == 2 + 4  # and nothing is ended


def test_losses_speed_and_waiting_are_logged(tmp_path: Path) -> None:
    run(tmp_path, settings(log_every=2))
    with next(tmp_path.glob("csv/*/metrics.csv")).open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["landcover"]]
    assert [row["step"] for row in rows] == ["2", "4"]
    assert all(0 <= float(row["waiting_share"]) <= 1 for row in rows)
    assert all(float(row["seconds_per_step"]) > 0 for row in rows)
    assert any(tmp_path.glob("tensorboard/*/events.*"))


def test_stages_follow_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(material, "load_all", lambda *_, **__: coast_sources())
    monkeypatch.setattr(runs, "stage_score", lambda *_: 0.5)
    recorder = Recorder(monkeypatch)
    stage = {"steps": 2, "learning_rate": 1e-3, "losses": {"landcover": 1.0}}
    config = settings(stages=[{"name": "warm", **stage}, {"name": "joint", **stage}])
    checkpoint = runs.pretrain(config, tmp_path / "run", data=tmp_path)
    assert checkpoint == tmp_path / "run" / "joint" / "checkpoint.pt"
    assert len(recorder.take()) == 4
    network, found = runs.read_run(tmp_path / "run")
    assert found == config
    torch.testing.assert_close(
        network.state_dict(), load_best(tmp_path / "run" / "joint")[0].state_dict()
    )
    with pytest.raises(UsageError, match="holds a run already"):
        runs.pretrain(config, tmp_path / "run", data=tmp_path)
    with pytest.raises(UsageError, match="other settings"):
        runs.pretrain(settings(), tmp_path / "run", data=tmp_path, resume=True)
    runs.pretrain(config, tmp_path / "run", data=tmp_path, resume=True)
    assert recorder.take() == []
    runs.pretrain(config, tmp_path / "run", data=tmp_path, stage="joint")
    assert len(recorder.losses) == 2


def test_a_run_is_read_as_far_as_it_was_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a model that has learnt labels alone would pass for one that writes."""
    monkeypatch.setattr(material, "load_all", lambda *_, **__: coast_sources())
    monkeypatch.setattr(runs, "stage_score", lambda *_: 0.5)
    stage = {"steps": 1, "learning_rate": 1e-3}
    labels = {"name": "labels", **stage, "losses": {"landcover": 1.0}}
    texts = {"name": "texts", **stage, "losses": {"captioning": 1.0}}
    config = telling_settings(stages=[labels, texts])
    assert config.writes
    told = write_chips(tmp_path / "told", chips())
    runs.pretrain(config, tmp_path / "run", data=tmp_path, shards=told, stage="labels")
    _, found = runs.read_run(tmp_path / "run")
    assert [stage.name for stage in found.stages] == ["labels"]
    assert not model_spec(found).writes


def test_first_call_that_is_refused_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ReferenceDataError("There is no data.", "Give another folder.")

    monkeypatch.setattr(material, "load_all", refuse)
    with pytest.raises(ReferenceDataError):
        runs.pretrain(settings(), tmp_path / "run", data=tmp_path)
    assert not (tmp_path / "run").exists()


def test_texts_are_learnt_with_a_frozen_tower(tmp_path: Path) -> None:
    losses = {"alignment": 0.5, "contrast": 1.0, "matching": 1.0, "masking": 1.0}
    stage = {"name": "texts", "steps": 2, "learning_rate": 1e-2, "losses": losses}
    config = telling_settings(stages=[{**stage, "freeze_tower": True}])
    torch.manual_seed(config.seed)
    before = new_network(config, tokeniser(config)).state_dict()
    after = run(tmp_path, config)[0].state_dict()
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved
    assert {name.split(".")[0] for name in moved} == {"language"}


def test_batch_that_processes_cannot_share_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(UsageError, match="batch_size is 4, which 3 processes"):
        run(tmp_path)


def test_average_follows_a_network_that_stands_still() -> None:
    network = new_network(settings())
    average = Average(network, 0.9)
    with torch.no_grad():
        for p in network.parameters():
            p.fill_(3.0)
    for _ in range(200):
        average.update(network)
    assert all(average.state[n].sub(3).abs().max() < 1e-2 for n, _ in network.named_parameters())


def test_learning_rate_rises_and_falls() -> None:
    rates = [schedule(share, 0.1) for share in (0, 0.05, 0.1, 0.5, 1)]
    assert rates[0] < rates[1] < rates[2] == 1
    assert rates[2] > rates[3] > rates[4] == pytest.approx(0.01)


def test_dense_stream_alone_makes_its_part() -> None:
    streams = Streams(crops(settings()))
    assert streams.dense is not None


def test_a_stage_can_start_from_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(material, "load_all", lambda *_, **__: coast_sources())
    monkeypatch.setattr(runs, "stage_score", lambda *_: 0.5)
    config = settings(steps=1)
    torch.manual_seed(7)
    model = new_network(config)
    save_model(tmp_path / "model", model, model_spec(config))
    begun: list[dict[str, torch.Tensor]] = []

    def train_stage(network: torch.nn.Module, *_: object, **__: object) -> None:
        begun.append({k: v.clone() for k, v in network.state_dict().items()})

    monkeypatch.setattr(runs, "train_stage", train_stage)
    runs.pretrain(config, tmp_path / "run", data=tmp_path, start=str(tmp_path / "model"))
    for name, weight in model.state_dict().items():
        torch.testing.assert_close(begun[0][name], weight.half().float())


def test_a_model_of_another_size_is_no_start(tmp_path: Path) -> None:
    config = settings()
    save_model(tmp_path / "model", new_network(config), model_spec(config))
    tower = config.network.tower.model_copy(update={"decoder_dim": 24})
    wider = config.network.model_copy(update={"tower": tower})
    network = new_network(config.model_copy(update={"network": wider}))
    before = {k: v.clone() for k, v in network.state_dict().items()}
    with pytest.raises(UsageError, match="another tower than the settings"):
        take_from(network, str(tmp_path / "model"), ("tower",))
    torch.testing.assert_close(network.state_dict(), before)


def test_a_start_that_knows_no_sensors_goes_on_as_it_was(tmp_path: Path) -> None:
    config = settings()
    save_model(tmp_path / "model", new_network(config), model_spec(config))
    told = config.network.model_copy(update={"sensors": ("Sentinel-1",)})
    network = new_network(config.model_copy(update={"network": told}))
    take_from(network, str(tmp_path / "model"), ("tower",))
    assert network.state_dict()["tower.context.sensor.weight"].abs().max() == 0


def test_words_are_those_of_all_texts_whichever_stage_is_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(material, "load_all", lambda *_, **__: coast_sources())
    begun: list[SarKnowlip] = []
    monkeypatch.setattr(runs, "train_stage", lambda network, *_, **__: begun.append(network))
    stage = {"steps": 1, "learning_rate": 1e-3}
    stages = [
        {"name": "labels", **stage, "losses": {"alignment": 1.0}},
        {"name": "texts", **stage, "losses": {"contrast": 1.0}},
    ]
    config = telling_settings(stages=stages)
    with pytest.raises(UsageError, match="learnt from the texts of its chips"):
        runs.pretrain(config, tmp_path / "none", data=tmp_path, stage="labels")
    told = write_chips(tmp_path / "told", chips())
    runs.pretrain(config, tmp_path / "run", data=tmp_path, shards=told, stage="labels")
    alone = Tokeniser.train(all_names(), 512, 48)
    language = begun[0].language
    assert language is not None
    caption = chips()[0].record.target_texts[0].detailed
    assert language.tokeniser.count(caption) < alone.count(caption)
