"""Rounds on folders of chips: what is made wrong, what is refused, and the commands."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from support.outcome import Outcome
from support.training import chips, scio_content, simulate_few_coasts, write_chips

from sargeo.errors import UsageError
from sargeo.model.storage import save_model
from sargeo_training.data.material import Material
from sargeo_training.engine.checkpoints import BEST, load_best
from sargeo_training.engine.material import gather, tokeniser_for
from sargeo_training.engine.networks import model_spec, new_network
from sargeo_training.engine.run import read_run
from sargeo_training.scio.decisions import read_decisions
from sargeo_training.scio.pose import CorruptedTexts, pose, pose_held_out
from sargeo_training.scio.run import STAGES, open_run, run_rounds
from sargeo_training.settings.config import Config, checked_config, read_config
from sargeo_training.text.claims import judge


def settings(*names: str, **stage: Any) -> Config:
    return checked_config(scio_content(*names, **stage), "settings")


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Chips of two sorts, so that there are values to swap."""
    shown = chips(10)
    for k, chip in enumerate(shown):
        if k % 4 == 0:
            facts = shown[1].record.facts
            landcover = facts.landcover.model_copy(update={"shares": turned(facts)})
            changed = {"facts": facts.model_copy(update={"landcover": landcover})}
            shown[k] = dataclasses.replace(chip, record=chip.record.model_copy(update=changed))
    return write_chips(tmp_path_factory.mktemp("chips"), shown)


def turned(facts: Any) -> dict[str, Any]:
    """Return the shares of land cover in the opposite order."""
    shares = facts.landcover.shares
    return dict(zip(shares, reversed(shares.values()), strict=True))


def material(shards: Path) -> Material:
    config = settings("joint")
    return gather(config, config.stages, data=None, shards=shards, say=print)


def false_clauses(posed: CorruptedTexts, known: Material) -> set[tuple[str, int]]:
    return {
        (text.id, k)
        for text in posed.texts
        for k, clause in enumerate(text.clauses)
        if any(judge(claim, known.records[text.image]) == "false" for claim in clause.claims)
    }


def test_only_the_chips_of_calibration_are_made_wrong(shards: Path) -> None:
    known = material(shards)
    posed = pose(known, None, seed=3)
    assert posed.calibration.ids
    assert len(posed.calibration.ids) <= 2
    assert {c.id for c in posed.truth.corruptions} <= posed.calibration.ids
    for text in posed.texts:
        if text.id not in posed.calibration.ids:
            assert text.clauses == known.records[text.image].target_texts[-1].clauses
    assert posed.true.keys() == posed.calibration.ids
    true = dataclasses.replace(posed, texts=list(posed.true.values()))
    assert not false_clauses(true, known)


def test_noise_is_spread_over_all_chips(shards: Path) -> None:
    known = material(shards)
    posed = pose(known, 0.3, seed=0)
    places = {c.place for c in posed.truth.corruptions}
    assert places
    assert places == false_clauses(posed, known)
    assert len({chip for chip, _ in places}) > len(posed.calibration.ids)
    assert posed.calibration.wrong == {p for p in places if p[0] in posed.calibration.ids}
    assert pose(known, 0.3, seed=0) == posed
    assert pose(known, 0.3, seed=1) != posed
    assert not posed.true  # what is measured keeps its errors


def test_held_out_chips_are_posed_but_choose_nothing(shards: Path) -> None:
    known = material(shards)
    for number in list(known.records)[::2]:
        held_out = known.records[number].model_copy(update={"split": "holdout"})
        known.records[number] = held_out  # type: ignore[index]
    posed = pose_held_out(known, 0.5, seed=0)
    assert {text.image for text in posed.texts} == set(known.numbers("holdout", with_text=True))
    assert {c.place for c in posed.truth.corruptions} == false_clauses(posed, known) != set()
    assert not posed.calibration.ids
    assert len(posed.tallies((), {})) == len(posed.texts)


def test_noise_is_refused_where_true_texts_were_learnt(shards: Path, tmp_path: Path) -> None:
    stage = tmp_path / "texts"
    stage.mkdir()
    (stage / BEST).touch()
    with pytest.raises(UsageError, match="may know what --noise makes wrong"):
        open_run(
            settings(*STAGES),
            material(shards),
            tmp_path / "run",
            noise=0.3,
            seed=0,
            start=str(stage),
            say=print,
        )
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (settings("joint", "screening"), "no stage called reconstruction"),
        (settings(*STAGES, losses={"contrast": 1.0}), "does not learn matching and masking"),
        (settings(*STAGES, freeze_tower=True), "freezes the image tower"),
    ],
)
def test_settings_that_do_not_suit_are_refused(config: Config, problem: str, shards: Path) -> None:
    with pytest.raises(UsageError, match=problem):
        run_rounds(config, shards, shards / "run", rounds=1, say=print)
    assert not (shards / "run").exists()


def test_several_processes_are_refused(shards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UsageError, match="one process, and torchrun has started 2"):
        run_rounds(settings(*STAGES), shards, shards / "run", rounds=1, say=print)


def test_rounds_start_from_the_tower_of_a_model(shards: Path, tmp_path: Path) -> None:
    config, known = settings(*STAGES, freeze_tower=True), material(shards)
    torch.manual_seed(7)
    model = new_network(config, tokeniser_for(config, known))
    save_model(tmp_path / "model", model, model_spec(config))
    start = str(tmp_path / "model")
    run = open_run(config, known, tmp_path / "run", noise=0.3, seed=0, start=start, say=print)
    first, before = run.trainer.begin().state_dict(), model.state_dict()
    for name, weight in before.items():
        if name.startswith("tower."):
            torch.testing.assert_close(first[name], weight.half().float())
    words = "language.text.words.weight"
    assert not torch.allclose(first[words], before[words].half().float())


def test_own_settings_have_the_stages_of_rounds() -> None:
    own, tiny = read_config(Path("scio.yaml")), read_config(Path("tiny.yaml"))
    assert tuple(stage.name for stage in own.stages) == STAGES
    assert own.network == tiny.network
    assert model_spec(tiny).writes


@pytest.mark.slow
def test_commands_lead_from_chips_to_mended_texts(
    tmp_path: Path, cli: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    simulate_few_coasts(monkeypatch)
    build = {"chips": {"levels_m": [900]}, "sources": [{"name": "simulated"}]}
    files = {"build.yaml": build, "scio.yaml": scio_content(*STAGES)}
    for name, words in files.items():
        (tmp_path / name).write_text(yaml.safe_dump(words), encoding="utf-8")
    made, told, run = (tmp_path / name for name in ("chips", "told", "run"))
    unmeasured = ["scio", told, "--config", tmp_path / "scio.yaml", "-o", run, "--threads", 1]
    command = [*unmeasured, "--noise", 0.3]

    def train(*words: object) -> str:
        done = cli("train", *words)
        assert done.code == 0, done.err
        return done.err

    train(
        "data", "--config", tmp_path / "build.yaml", "-o", made, "--data", tmp_path, "--workers", 1
    )
    train("texts", made, "-o", told)
    said = train(*command)
    figures = (run / "figures.md").read_text(encoding="utf-8")
    for shown in ("round 1", "round 1, held-out chips"):
        assert f"| {shown} | screening: F1 |" in figures
    assert "Round 1: " in said
    last = run / "round-1" / "reconstruction"
    load_best(last)
    decided = read_decisions(last / "decisions.parquet")
    (run / "decisions.html").unlink()
    assert f"of {len(decided)} clauses are suspect" in train("decisions", run)
    assert (run / "decisions.html").exists()
    network, own = read_run(run)
    assert not model_spec(own).writes
    weights = load_best(last)[0].state_dict()
    assert all(torch.equal(v, weights[name]) for name, v in network.state_dict().items())
    train(*command, "--rounds", 2)  # goes on
    assert read_decisions(last / "decisions.parquet") == decided
    assert (run / "round-2" / "reconstruction" / "texts.jsonl").exists()
    done = cli("train", *command, "--seed", 1)
    assert done.code == UsageError.exit_code
    assert "a run on other texts" in done.err
    other = ("-o", tmp_path / "other", "--from", run / "joint", "--set", "network.sensors=[X]")
    done = cli("train", *unmeasured, *other)
    assert done.code == UsageError.exit_code
    assert "another network" in done.err
    assert not (tmp_path / "other").exists()
