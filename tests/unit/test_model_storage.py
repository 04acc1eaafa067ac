"""Models on disk: what is saved is loaded, and what is damaged is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from support.models import tiny_spec

from sargeo.errors import ModelDamagedError, OutputNotWritableError, UsageError
from sargeo.model.api import SarModel
from sargeo.model.knowlip import SarKnowlip
from sargeo.model.registry import (
    export,
    list_models,
    load_model,
    read_spec,
    resolve,
    verify,
)
from sargeo.model.spec import ITEM_FILE, SPEC_FILE, WEIGHTS_FILE, ModelSpec
from sargeo.model.storage import save_model


@pytest.fixture
def folder(tiny_model: Path, tmp_path: Path) -> Path:
    """A model of this test's own, to damage."""
    return shutil.copytree(tiny_model, tmp_path / "model")


def edit_spec(folder: Path, **changes: object) -> None:
    path = folder / SPEC_FILE
    content = json.loads(path.read_text(encoding="utf-8")) | changes
    path.write_text(json.dumps(content), encoding="utf-8")


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    torch.manual_seed(3)
    network = SarKnowlip.from_spec(tiny_spec())
    saved = save_model(tmp_path / "new" / "model", network, tiny_spec())
    restored = load_model(tmp_path / "new" / "model", "cpu")
    assert restored.spec == saved
    assert saved.model_copy(update={"weights_sha256": ""}) == tiny_spec()
    assert len(saved.weights_sha256) == 64
    parameters = dict(restored._network.named_parameters())
    for name, expected in network.named_parameters():
        torch.testing.assert_close(parameters[name], expected.half().float(), rtol=0, atol=0)


def test_weights_are_float16_on_disk_and_float32_in_memory(folder: Path) -> None:
    assert {v.dtype for v in load_file(folder / WEIGHTS_FILE).values()} == {torch.float16}
    network = load_model(folder, "cpu")._network
    assert {p.dtype for p in network.parameters()} == {torch.float32}
    assert not any(p.requires_grad for p in network.parameters())
    assert not network.training


def test_weights_beyond_float16_are_not_saved(tmp_path: Path) -> None:
    network = SarKnowlip.from_spec(tiny_spec())
    with torch.no_grad():
        network.landcover.classify.bias[0] = 1e6
    with pytest.raises(ValueError, match=r"landcover\.classify\.bias"):
        save_model(tmp_path / "model", network, tiny_spec())
    assert not (tmp_path / "model").exists()


def test_the_spec_survives_its_file(tmp_path: Path) -> None:
    tiny_spec().write(tmp_path / SPEC_FILE)
    assert ModelSpec.read(tmp_path / SPEC_FILE) == tiny_spec()


def cut_weights(folder: Path) -> None:
    content = (folder / WEIGHTS_FILE).read_bytes()
    (folder / WEIGHTS_FILE).write_bytes(content[: len(content) // 2])


def flip_a_bit(folder: Path) -> None:
    content = bytearray((folder / WEIGHTS_FILE).read_bytes())
    content[-1] ^= 1
    (folder / WEIGHTS_FILE).write_bytes(content)


def no_safetensors(folder: Path) -> None:
    (folder / WEIGHTS_FILE).write_bytes(b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    edit_spec(folder, weights_sha256=empty)


def other_shape(folder: Path) -> None:
    edit_spec(folder, classes=[10, 80])


DAMAGES: list[tuple[Callable[[Path], object], str]] = [
    (lambda folder: (folder / SPEC_FILE).unlink(), r"spec\.json.*cannot be read"),
    (lambda folder: (folder / WEIGHTS_FILE).unlink(), r"weights\.safetensors.*cannot be read"),
    (lambda folder: (folder / SPEC_FILE).write_bytes(b"\xff{"), "not JSON"),
    (lambda folder: (folder / SPEC_FILE).write_text("{", encoding="utf-8"), "not JSON"),
    (lambda folder: (folder / SPEC_FILE).write_text("[]", encoding="utf-8"), "not valid"),
    (lambda folder: edit_spec(folder, patch="wide"), "not valid: patch"),
    (lambda folder: edit_spec(folder, format=2), "format 2, newer than 1"),
    (lambda folder: edit_spec(folder, weights_sha256=""), "corrupted.*none"),
    (cut_weights, "corrupted"),
    (flip_a_bit, "corrupted"),
    (no_safetensors, "no safetensors file"),
    (other_shape, "another shape.*landcover"),
]


@pytest.mark.parametrize(("damage", "problem"), DAMAGES)
def test_damage_is_refused_in_two_sentences(
    folder: Path, damage: Callable[[Path], object], problem: str
) -> None:
    damage(folder)
    with pytest.raises(ModelDamagedError, match=problem) as caught:
        verify(folder)
    assert "\n" not in caught.value.problem
    assert str(folder) in caught.value.problem
    assert caught.value.remedy.endswith(".")


def test_an_unknown_name_is_refused(tmp_path: Path) -> None:
    for name in ("no-such-model", tmp_path / "nowhere"):
        with pytest.raises(ModelDamagedError, match="There is no model"):
            resolve(name)


def test_embedded_models_are_known_by_name(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(tiny_model, tmp_path / "b")
    shutil.copytree(tiny_model, tmp_path / "a")
    (tmp_path / "c").mkdir()
    monkeypatch.setattr("sargeo.model.registry._EMBEDDED", tmp_path)
    assert list_models() == ("a", "b")
    assert resolve("b") == tmp_path / "b"
    assert read_spec("a") == verify("a")
    assert isinstance(load_model("a", "cpu"), SarModel)


def test_an_exported_model_is_whole_and_describes_itself(folder: Path, tmp_path: Path) -> None:
    item_path = export(folder, tmp_path / "exported")
    spec = verify(tmp_path / "exported")
    item = json.loads(item_path.read_text(encoding="utf-8"))
    properties, weights = item["properties"], item["assets"]["weights"]
    assert properties["mlm:name"] == spec.name
    network = SarKnowlip.from_spec(spec)
    assert properties["mlm:total_parameters"] == sum(p.numel() for p in network.parameters())
    assert properties["mlm:input"][0]["bands"] == ["VV", "VH", "HH", "HV"]
    landcover, objects = properties["mlm:output"]
    assert [c["value"] for c in landcover["classification:classes"]] == list(spec.classes)
    assert landcover["result"]["shape"] == [-1, 5, 32, 32]
    assert [c["name"] for c in objects["classification:classes"]] == ["ship"]
    assert (item_path.parent / weights["href"]).stat().st_size == weights["file:size"]
    assert weights["file:checksum"] == "1220" + spec.weights_sha256
    assert "mlm:model" in weights["roles"]


def test_an_exported_model_is_a_valid_stac_item(folder: Path, tmp_path: Path) -> None:
    import pystac

    item = pystac.Item.from_file(str(export(folder, tmp_path / "exported")))
    assert item.bbox == [-180, -90, 180, 90]
    assert Path(item.assets["weights"].get_absolute_href() or "").exists()


def test_export_overwrites_no_model(folder: Path, tmp_path: Path) -> None:
    export(folder, tmp_path / "exported")
    with pytest.raises(UsageError, match="already holds a model"):
        export(folder, tmp_path / "exported")


def test_export_refuses_a_damaged_model(folder: Path, tmp_path: Path) -> None:
    flip_a_bit(folder)
    with pytest.raises(ModelDamagedError):
        export(folder, tmp_path / "exported")
    assert not (tmp_path / "exported").exists()


def test_export_says_where_it_cannot_write(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(OutputNotWritableError, match="cannot be written"):
        export(folder, tmp_path / "file")


def test_a_model_that_is_saved_describes_itself(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    save_model(folder, SarKnowlip.from_spec(tiny_spec()), tiny_spec())
    item = load_model(folder, "cpu").item
    assert item == (folder / ITEM_FILE).resolve()
    export(folder, tmp_path / "exported")
    assert (tmp_path / "exported" / ITEM_FILE).read_bytes() == item.read_bytes()


def test_no_item_of_other_weights_is_linked(tmp_path: Path) -> None:
    folders = tmp_path / "one", tmp_path / "two"
    for seed, folder in enumerate(folders):
        torch.manual_seed(seed)
        save_model(folder, SarKnowlip.from_spec(tiny_spec()), tiny_spec())
    shutil.copyfile(folders[0] / ITEM_FILE, folders[1] / ITEM_FILE)
    assert load_model(folders[1], "cpu").item is None
    (folders[0] / ITEM_FILE).unlink()
    assert load_model(folders[0], "cpu").item is None
