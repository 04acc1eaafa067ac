"""A run can start from weights that others published, and then does without their files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from support.labelled_images import coast_sources
from support.published import DEPTH, GRID, HEADS, VECTOR, WIDTH, WORDS, bert, timm_tower
from support.training import settings

from sargeo.errors import CheckpointRefusedError, UsageError
from sargeo.model.knowlip import SarKnowlip
from sargeo.model.storage import save_model
from sargeo_training.engine import material
from sargeo_training.engine import run as runs
from sargeo_training.engine.checkpoints import LAST, save_best
from sargeo_training.engine.networks import model_spec, new_network
from sargeo_training.settings.config import Config, as_plain, read_config

MARKS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")  # of BERT, which lacks [DEC]
TOWER = {"kind": "vit", "width": WIDTH, "depth": DEPTH, "heads": HEADS, "grid": GRID}
LANGUAGE = {"width": WIDTH, "depth": DEPTH, "heads": HEADS, "embedding_dim": VECTOR}
STAGE = {"steps": 1, "learning_rate": 1e-3, "losses": {"landcover": 1.0}}
WEIGHTS = "blocks.0.qkv.weight"


@pytest.fixture
def published(tmp_path: Path) -> dict[str, str]:
    """Write a ViT, a BERT and its words."""
    torch.save(timm_tower().state_dict() | {"head.weight": torch.zeros(2, 2)}, tmp_path / "vit.pth")
    torch.save(bert("bert."), tmp_path / "bert.pth")
    words = [*MARKS, *(f"word{k}" for k in range(WORDS - len(MARKS)))]
    (tmp_path / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    return {name: str(tmp_path / f"{name}.pth") for name in ("vit", "bert")}


def starting(published: Mapping[str, str], tmp_path: Path, **network: Any) -> Config:
    """Return settings of two stages that start from these files; more of the network replaces."""
    given = {
        "tower": {**TOWER, "decoder_dim": 8},
        "language": {**LANGUAGE, "vocabulary": WORDS + 1, "max_tokens": 32},
        "words": str(tmp_path / "vocab.txt"),
        "published": {"image": published["vit"], "text": published["bert"]},
    }
    stages = [{"name": name, **STAGE} for name in ("first", "second")]
    return settings(network={**given, **network}, stages=stages)


class Trainer:
    """Takes networks as they come, and calls them the best."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun: list[SarKnowlip] = []
        monkeypatch.setattr(material, "load_all", lambda *_, **__: coast_sources())
        monkeypatch.setattr(runs, "train_stage", self.train)

    def train(self, network: SarKnowlip, config: Config, *rest: Any, **_: Any) -> None:
        folder: Path = rest[-1]
        self.begun.append(network)
        assert network.language is not None
        folder.mkdir(exist_ok=True)
        save_best(folder, network.state_dict(), config, network.language.tokeniser)
        (folder / LAST).touch()


def test_the_first_stage_starts_from_published_weights(
    published: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    trainer = Trainer(monkeypatch)
    runs.pretrain(starting(published, tmp_path), tmp_path / "run", data=tmp_path)
    towers = torch.load(published["vit"], weights_only=True)
    words = torch.load(published["bert"], weights_only=True)
    for network in trainer.begun:  # the second stage has them from the first
        state = network.state_dict()
        assert torch.equal(state[f"tower.{WEIGHTS}"], towers["blocks.0.attn.qkv.weight"])
        found = state["language.text.words.weight"]
        assert torch.equal(found[:WORDS], words["bert.embeddings.word_embeddings.weight"])
    told = capsys.readouterr().err
    assert told.count("entries are taken") == 2
    assert f"{published['vit']}: {len(towers) - 1} entries are taken; unused: head.weight." in told
    assert f"{published['bert']}: {len(words)} entries are taken; unused: none." in told


def test_a_run_that_has_begun_needs_the_files_no_more(
    published: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer(monkeypatch)
    config, folder = starting(published, tmp_path), tmp_path / "run"
    runs.pretrain(config, folder, data=tmp_path)
    for file in published.values():
        Path(file).unlink()
    network, found = runs.read_run(folder)
    assert found == config
    assert torch.equal(network.state_dict()[f"tower.{WEIGHTS}"],
                       trainer.begun[0].state_dict()[f"tower.{WEIGHTS}"])  # fmt: skip
    runs.pretrain(config, folder, data=tmp_path, resume=True)
    runs.pretrain(config, folder, data=tmp_path, stage="second")
    with pytest.raises(CheckpointRefusedError, match=r"vit\.pth cannot be read"):
        runs.pretrain(config, folder, data=tmp_path, stage="first")


def test_a_model_given_takes_their_place(
    published: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer(monkeypatch)
    config = starting(published, tmp_path)
    own = config.network.model_copy(update={"language": None})
    alone = config.model_copy(update={"network": own})
    save_model(tmp_path / "model", new_network(alone), model_spec(alone))
    for file in published.values():
        Path(file).unlink()
    runs.pretrain(config, tmp_path / "run", data=tmp_path, start=str(tmp_path / "model"))
    assert len(trainer.begun) == 2


def test_files_of_another_shape_are_refused_by_name(
    published: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer(monkeypatch)
    config = starting(published, tmp_path, tower={**TOWER, "depth": 1, "decoder_dim": 8})
    with pytest.raises(CheckpointRefusedError, match=r"vit\.pth: .*blocks\.1\.") as caught:
        runs.pretrain(config, tmp_path / "run", data=tmp_path)
    assert caught.value.exit_code == 3
    assert trainer.begun == []


def test_published_texts_come_with_their_words(published: dict[str, str], tmp_path: Path) -> None:
    for lacking in ({"words": None}, {"language": None}):
        with pytest.raises(UsageError, match=r"published\.text needs language, and in words"):
            starting(published, tmp_path, **lacking)


def test_settings_from_before_there_were_such_files_are_the_same(tmp_path: Path) -> None:
    config = read_config(Path("tiny.yaml"))
    plain: dict[str, Any] = dict(as_plain(config))
    del plain["network"]["published"]
    (tmp_path / "run.yaml").write_text(yaml.safe_dump(plain), encoding="utf-8")
    assert read_config(tmp_path / "run.yaml") == config
    changed = read_config(Path("tiny.yaml"), ["network.published.image=vit.pth"])
    assert changed.network.published.image == Path("vit.pth")
