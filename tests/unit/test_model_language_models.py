"""Models with language on disk and behind `SarModel`; models without it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from support.language import SENSORS, TEXTS, tiny_language_model, tiny_language_network
from support.language import tiny_language_spec as spec_with_language

from sargeo.errors import ModelDamagedError, NoLanguageError
from sargeo.model.api import SarModel
from sargeo.model.knowlip import SarKnowlip
from sargeo.model.language import known_cells, pool
from sargeo.model.registry import export, load_model, read_spec, verify
from sargeo.model.spec import SPEC_FILE, TOKENISER_FILE
from sargeo.model.storage import save_model
from sargeo.scene.bands import Band
from sargeo.tiling.batch import Acquisition, Batch
from sargeo.tiling.plan import plan_windows

SIDE = 64
KNOWN = Acquisition((Band("VV", "sigma0", "db"),), gsd_m=(10.0, 10.0), incidence_deg=38.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_language_model(tmp_path_factory.mktemp("models") / "speaks")


@pytest.fixture(scope="module")
def model(folder: Path) -> SarModel:
    return load_model(folder, "cpu")


def batch(n: int = 2) -> Batch:
    return Batch(
        pixels=torch.randn(n, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(4)),
        valid=torch.ones(n, SIDE, SIDE, dtype=torch.bool),
        lonlat=torch.tensor([[12.0, 55.0]]).repeat(n, 1),
        windows=plan_windows((SIDE, n * SIDE), patch=SIDE, margin=0),
    )


def test_what_is_saved_is_loaded(folder: Path, model: SarModel) -> None:
    original, restored = tiny_language_network(), model._network
    assert restored.language is not None
    assert original.language is not None
    expected = dict(original.named_parameters())
    assert {name for name, _ in restored.named_parameters()} == set(expected)
    for name, value in restored.named_parameters():
        torch.testing.assert_close(value, expected[name].half().float(), rtol=0, atol=0)
    tokeniser = restored.language.tokeniser
    assert tokeniser.to_json() == original.language.tokeniser.to_json()
    assert tokeniser.max_tokens == restored.language.spec.max_tokens
    language = read_spec(folder).language
    assert language is not None
    assert len(language.tokeniser_sha256) == 64


def test_texts_and_cells_lie_in_one_space(model: SarModel) -> None:
    texts, cells = model.embed_texts(TEXTS), model.cells(batch(), KNOWN)
    assert texts.shape == (len(TEXTS), 8)
    assert texts.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(texts, axis=1), 1, rtol=1e-5)
    assert cells.values.shape == (2, 8, SIDE // 4, SIDE // 4)
    assert not cells.values.requires_grad
    windows = pool(cells, known_cells(batch().valid))
    assert windows.shape == (2, texts.shape[1])


def test_it_describes_and_answers_each_window(model: SarModel) -> None:
    described = model.describe(batch(), KNOWN).texts
    answered = model.answer(batch(), KNOWN, "How many ships are there?").texts
    assert len(described) == len(answered) == 2
    assert described != answered
    assert described == model.describe(batch(), KNOWN).texts


def test_it_maps_beside(model: SarModel) -> None:
    assert model.infer(batch(), KNOWN).maps.shape == (2, 5, SIDE // 4, SIDE // 4)


def test_a_sensor_that_is_listed_is_known(model: SarModel) -> None:
    def values(sensor: str | None) -> torch.Tensor:
        acquisition = Acquisition(KNOWN.bands, KNOWN.gsd_m, KNOWN.incidence_deg, sensor)
        return model.cells(batch(), acquisition).values

    unknown, first, second = (values(sensor) for sensor in (None, *SENSORS))
    assert torch.equal(values("Kaguya"), unknown)
    assert not torch.allclose(first, unknown)
    assert not torch.allclose(first, second)


@pytest.mark.parametrize("call", ["embed_texts", "cells", "describe", "answer"])
def test_a_model_without_language_says_so(tiny_model: Path, call: str) -> None:
    silent = load_model(tiny_model, "cpu")
    arguments = {
        "embed_texts": (TEXTS,),
        "cells": (batch(), KNOWN),
        "describe": (batch(), KNOWN),
        "answer": (batch(), KNOWN, "Where?"),
    }
    with pytest.raises(NoLanguageError, match=r"sargeo-test 0 .* without language") as caught:
        getattr(silent, call)(*arguments[call])
    assert (caught.value.code, caught.value.exit_code) == ("no_language", 4)


def test_a_sensor_means_nothing_to_a_model_that_knows_none(tiny_model: Path) -> None:
    silent = load_model(tiny_model, "cpu")
    named = Acquisition(KNOWN.bands, KNOWN.gsd_m, KNOWN.incidence_deg, SENSORS[0])
    expected = silent.infer(batch(), KNOWN).maps
    assert torch.equal(silent.infer(batch(), named).maps, expected)


def test_a_network_with_language_needs_its_tokeniser() -> None:
    with pytest.raises(ValueError, match="needs a tokeniser"):
        SarKnowlip.from_spec(spec_with_language())


def damaged(folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(folder, tmp_path / "model")


def test_a_missing_tokeniser_is_refused(folder: Path, tmp_path: Path) -> None:
    copy = damaged(folder, tmp_path)
    (copy / TOKENISER_FILE).unlink()
    with pytest.raises(ModelDamagedError, match=r"tokenizer\.json.*cannot be read"):
        verify(copy)


def test_a_changed_tokeniser_is_refused(folder: Path, tmp_path: Path) -> None:
    copy = damaged(folder, tmp_path)
    with (copy / TOKENISER_FILE).open("a", encoding="utf-8") as file:
        file.write("\n")
    with pytest.raises(ModelDamagedError, match=r"tokens .*tokenizer\.json are corrupted"):
        verify(copy)


def test_a_tokeniser_that_does_not_fit_is_refused(folder: Path, tmp_path: Path) -> None:
    copy = damaged(folder, tmp_path)
    content = json.loads((copy / SPEC_FILE).read_text(encoding="utf-8"))
    content["language"]["vocabulary"] = 100
    (copy / SPEC_FILE).write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ModelDamagedError, match="do not fit its spec"):
        verify(copy)


def test_an_exported_model_brings_its_tokeniser(folder: Path, tmp_path: Path) -> None:
    item = json.loads(export(folder, tmp_path / "out").read_text(encoding="utf-8"))
    language = verify(tmp_path / "out").language
    assert language is not None
    asset = item["assets"]["tokeniser"]
    assert asset["file:checksum"] == "1220" + language.tokeniser_sha256
    assert asset["file:size"] == (tmp_path / "out" / TOKENISER_FILE).stat().st_size
    properties = item["properties"]
    assert [i["name"] for i in properties["mlm:input"]] == ["backscatter", "text"]
    assert {"similarity-search", "image-captioning"} < set(properties["mlm:tasks"])
    cells = next(o for o in properties["mlm:output"] if o["name"] == "cells")
    assert cells["result"]["shape"] == [-1, language.embedding_dim + 1, 32, 32]


def test_saving_changes_the_checksums_alone(folder: Path, tmp_path: Path) -> None:
    saved = save_model(tmp_path / "again", tiny_language_network(), spec_with_language())
    assert saved == read_spec(folder)
    assert saved.language is not None
    bare = saved.language.model_copy(update={"tokeniser_sha256": ""})
    assert saved.model_copy(update={"weights_sha256": "", "language": bare}) == spec_with_language()
