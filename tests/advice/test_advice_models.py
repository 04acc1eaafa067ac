"""Models and checkpoints that cannot be used: what is advised leads to a right map."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from support.advice import exercises, follows
from support.language import tiny_language_model, tiny_language_network, tiny_tokeniser
from support.published import DEPTH, GRID, HEADS, WIDTH, WORDS, bert, timm_tower
from support.seaside import assert_right, decibels, seaside

from sargeo.errors import CheckpointRefusedError
from sargeo.model.checkpoints import load_image_tower, load_language, read_checkpoint
from sargeo.model.language import LanguagePart
from sargeo.model.registry import resolve
from sargeo.model.spec import LanguageSpec, VitSpec
from sargeo.model.vit import VitTower

Refused = Callable[..., Any]
Done = Callable[..., str]
Mapped = Callable[..., Path]


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    return seaside(tmp_path / "scene.tif")


@follows(
    "sargeo.model.registry:resolve",
    "Give the name of an embedded model (…) or a folder with spec.json and weights.safetensors.",
)
@pytest.mark.parametrize("folder", [True, False])
def test_a_model_is_named(
    folder: bool, scene: Path, tmp_path: Path, refused: Refused, mapped: Mapped
) -> None:
    words = ("map", scene, "-o", tmp_path / "refused", "--model", "sargeo-large")
    remedy = refused(*words, code=4).remedy
    name = remedy.split("(")[1].split(")")[0]
    source = resolve(name)
    assert {"spec.json", "weights.safetensors"} <= {p.name for p in source.iterdir()}
    assert_right(mapped(scene, "--model", source if folder else name))


@follows("sargeo.model.registry:export", "Name a new or an empty folder.")
@pytest.mark.parametrize("empty", [True, False])
@exercises("--output", of="model export")
def test_a_new_folder_is_named(
    empty: bool, tmp_path: Path, scene: Path, refused: Refused, done: Done, mapped: Mapped
) -> None:
    done("model", "export", "sargeo-tiny", "-o", tmp_path / "model")
    refused("model", "export", "sargeo-tiny", "-o", tmp_path / "model", code=2)
    if empty:
        (tmp_path / "other").mkdir()
    done("model", "export", "sargeo-tiny", "-o", tmp_path / "other")
    done("model", "verify", tmp_path / "other")
    assert_right(mapped(scene, "--model", tmp_path / "other"))


@follows(
    "sargeo.model.registry:export",
    "Name a folder that you may write to, on a disk with room.",
)
def test_a_folder_to_write_to_is_named(
    tmp_path: Path, scene: Path, refused: Refused, done: Done, mapped: Mapped
) -> None:
    """Nobody may make a folder in a file."""
    refused("model", "export", "sargeo-tiny", "-o", scene / "model", code=4)
    done("model", "export", "sargeo-tiny", "-o", tmp_path / "model")
    assert_right(mapped(scene, "--model", tmp_path / "model"))


AGAIN = "Copy the model's folder again; an embedded model comes back by reinstalling sargeo."

Damage = Callable[[Path], None]


def change_spec(**changes: object) -> Damage:
    def change(folder: Path) -> None:
        path = folder / "spec.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes), encoding="utf-8")

    return change


def write(name: str, content: bytes, *, said: str = "") -> Damage:
    """Write other content into a file, by whose checksum the spec is made to go if it is said."""

    def change(folder: Path) -> None:
        (folder / name).write_bytes(content)
        if said:
            change_spec(**{said: hashlib.sha256(content).hexdigest()})(folder)

    return change


def drop_tensor(folder: Path) -> None:
    path = folder / "weights.safetensors"
    state = load_file(path)
    state.pop(sorted(state)[0])
    save_file(state, path)
    change_spec(weights_sha256=hashlib.sha256(path.read_bytes()).hexdigest())(folder)


def other_tokens(folder: Path) -> None:
    """JSON that is no tokeniser, with the checksum that the spec names."""
    content = b"{}"
    (folder / "tokenizer.json").write_bytes(content)
    spec = json.loads((folder / "spec.json").read_text())
    spec["language"]["tokeniser_sha256"] = hashlib.sha256(content).hexdigest()
    (folder / "spec.json").write_text(json.dumps(spec), encoding="utf-8")


def is_copied_again(
    damage: Damage, folder: Path, refused: Refused, done: Done, mapped: Mapped
) -> None:
    """Damage a copy of the embedded model, see that it is refused, copy it again and map."""
    copy, scene = folder / "model", seaside(folder / "scene.tif")
    shutil.copytree(resolve("sargeo-tiny"), copy)
    damage(copy)
    refused("map", scene, "-o", folder / "refused", "--model", copy, code=4)
    shutil.rmtree(copy)
    shutil.copytree(resolve("sargeo-tiny"), copy)
    done("model", "verify", copy)
    assert_right(mapped(scene, "--model", copy))


@follows("sargeo.model.storage:load_spec", AGAIN, problem="is not valid")
def test_an_invalid_spec_is_copied_again(
    tmp_path: Path, refused: Refused, done: Done, mapped: Mapped
) -> None:
    is_copied_again(change_spec(patch="large"), tmp_path, refused, done, mapped)


@follows("sargeo.model.storage:load_spec", AGAIN, problem="is not JSON")
def test_a_spec_that_is_no_json_is_copied_again(
    tmp_path: Path, refused: Refused, done: Done, mapped: Mapped
) -> None:
    is_copied_again(write("spec.json", b"{"), tmp_path, refused, done, mapped)


@follows("sargeo.model.storage:_read", AGAIN)
def test_a_missing_file_is_copied_again(
    tmp_path: Path, refused: Refused, done: Done, mapped: Mapped
) -> None:
    def remove(folder: Path) -> None:
        (folder / "weights.safetensors").unlink()

    is_copied_again(remove, tmp_path, refused, done, mapped)


@follows("sargeo.model.storage:_read_checked", AGAIN)
@pytest.mark.parametrize("name", ["weights.safetensors", "tokenizer.json"])
def test_corrupted_files_are_copied_again(
    name: str, tmp_path: Path, refused: Refused, done: Done, mapped: Mapped
) -> None:
    is_copied_again(write(name, b"nothing"), tmp_path, refused, done, mapped)


@follows("sargeo.model.storage:load_weights", AGAIN)
def test_weights_of_no_format_are_copied_again(
    tmp_path: Path, refused: Refused, done: Done, mapped: Mapped
) -> None:
    damage = write("weights.safetensors", b"nothing", said="weights_sha256")
    is_copied_again(damage, tmp_path, refused, done, mapped)


@follows("sargeo.model.registry:_open", AGAIN, problem="weights")
def test_weights_of_another_shape_are_copied_again(
    tmp_path: Path, refused: Refused, done: Done, mapped: Mapped
) -> None:
    is_copied_again(drop_tensor, tmp_path, refused, done, mapped)


@follows("sargeo.model.registry:_open", AGAIN, problem="tokens")
def test_tokens_that_do_not_fit_are_copied_again(
    tmp_path: Path, refused: Refused, done: Done, mapped: Mapped
) -> None:
    is_copied_again(other_tokens, tmp_path, refused, done, mapped)


@follows(
    "sargeo.model.storage:_refuse_newer",
    "Update sargeo.",
    simulated="no newer format is in use: an older sargeo is imitated, and today's is the update",
)
def test_a_newer_format_needs_a_newer_sargeo(
    tmp_path: Path, scene: Path, refused: Refused, mapped: Mapped, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("sargeo.model.storage.FORMAT", 0)
        refused("map", scene, "-o", tmp_path / "refused", code=4)
    assert_right(mapped(scene))


@follows(
    "sargeo.model.api:SarModel.language",
    "Choose a model with language by --model; `sargeo model list` tells which have it.",
)
def test_a_model_with_language_is_chosen(
    tmp_path: Path, scene: Path, tiny_model: Path, refused: Refused, done: Done
) -> None:
    words = ("classify", scene, "--text", "open water", "--text", "built-up land")
    refused(*words, "-o", tmp_path / "refused", "--model", tiny_model, code=4)
    models = json.loads(done("model", "list", "--json"))["models"]
    (name,) = [m["name"] for m in models if m["language"] is not None]
    done(*words, "-o", tmp_path / "out", "--model", name)
    # For people too: the list is no advice where it does not say it.
    assert "by words" in done("model", "list")


@follows(
    "sargeo.model.api:SarModel.writer",
    "Choose another model by --model, or train this one with the loss captioning.",
)
def test_a_model_that_writes_is_chosen(
    tmp_path: Path, scene: Path, refused: Refused, done: Done
) -> None:
    reader = tiny_language_model(tmp_path / "reader")
    change_spec(writes=False)(reader)
    refused("caption", scene, "--model", reader, code=4)
    told = json.loads(done("caption", scene, "--model", "sargeo-tiny", "--json"))
    assert told["places"][0]["text"]


@follows(
    "sargeo.model.api:_memory_watched",
    "Give a smaller --batch-size, then a smaller --patch.",
    simulated="memory is not filled: the network is made to say so of large batches",
)
@pytest.mark.parametrize("then_patch", [True, False])
def test_smaller_batches_are_given(
    then_patch: bool,
    scene: Path,
    tmp_path: Path,
    refused: Refused,
    mapped: Mapped,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from sargeo.model.knowlip import SarKnowlip

    forward = SarKnowlip.forward

    def scarce(network: SarKnowlip, pixels: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        if pixels.shape[0] * pixels.shape[-1] * pixels.shape[-2] > 128**2:
            raise torch.OutOfMemoryError("Tried to allocate 2.00 GiB")
        return forward(network, pixels, *args, **kwargs)

    monkeypatch.setattr(SarKnowlip, "forward", scarce)
    windows = ("--patch", 192 if then_patch else 128, "--margin", 32)
    long = seaside(tmp_path / "long.tif", decibels().repeat(3, axis=2))
    refused("map", long, "-o", tmp_path / "refused", *windows, "--batch-size", 4, code=5)
    if then_patch:
        once = ("-o", tmp_path / "refused", "--overwrite", "--batch-size", 1)
        refused("map", long, *windows, *once, code=5)
    assert_right(mapped(long, "--patch", 128, "--margin", 32, "--batch-size", 1))


IMAGE = VitSpec(width=WIDTH, depth=DEPTH, heads=HEADS, grid=GRID, decoder_dim=8)
TEXT = LanguageSpec(
    width=WIDTH, depth=DEPTH, heads=HEADS, vocabulary=WORDS, max_tokens=32, embedding_dim=8
)


def same_start(tower: VitTower) -> None:
    """The tower has the weights of the checkpoint."""
    expected = timm_tower().state_dict()["norm.weight"]
    assert torch.equal(tower.norm.weight, expected)


@follows("sargeo.model.checkpoints:read_checkpoint", "Name a file that exists.")
def test_a_checkpoint_that_exists_is_named(tmp_path: Path) -> None:
    state = timm_tower().state_dict()
    save_file(state, tmp_path / "weights.safetensors")
    with pytest.raises(CheckpointRefusedError):
        read_checkpoint(tmp_path / "weight.safetensors")
    assert read_checkpoint(tmp_path / "weights.safetensors").keys() == state.keys()


@follows(
    "sargeo.model.checkpoints:read_checkpoint",
    "Save its state_dict with torch.save or as safetensors.",
)
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_state_dict_is_saved(suffix: str, tmp_path: Path) -> None:
    network = timm_tower()
    torch.save(network, tmp_path / "whole.pth")
    with pytest.raises(CheckpointRefusedError):
        read_checkpoint(tmp_path / "whole.pth")
    path = tmp_path / f"state{suffix}"
    if suffix == ".pth":
        torch.save(network.state_dict(), path)
    else:
        save_file(network.state_dict(), path)
    load_image_tower(tower := VitTower(IMAGE), read_checkpoint(path))
    same_start(tower)


@follows("sargeo.model.checkpoints:read_checkpoint", "Give a model's state_dict.")
def test_the_state_dict_of_a_model_is_given(tmp_path: Path) -> None:
    torch.save({"step": 3, "rate": 0.1}, tmp_path / "optimiser.pth")
    with pytest.raises(CheckpointRefusedError):
        read_checkpoint(tmp_path / "optimiser.pth")
    torch.save(timm_tower().state_dict(), tmp_path / "model.pth")
    load_image_tower(tower := VitTower(IMAGE), read_checkpoint(tmp_path / "model.pth"))
    same_start(tower)


@follows(
    "sargeo.model.checkpoints:load_image_tower",
    "Set tower.kind to vit, or start from random weights.",
)
def test_a_vision_transformer_is_set() -> None:
    with pytest.raises(CheckpointRefusedError):
        load_image_tower(tiny_language_network().tower, timm_tower().state_dict())
    load_image_tower(tower := VitTower(IMAGE), timm_tower().state_dict())
    same_start(tower)


BASE = "Give weights of a ViT-B/16 and of a BERT as the settings of the size base have them."
OTHER_TOWERS = {
    "load_image_tower": lambda s: {"layer1.weight": torch.zeros(1)},
    "_Entries.take": lambda s: {k: v for k, v in s.items() if k != "blocks.1.norm2.bias"},
    "_Entries.refuse_rest": lambda s: s | {"blocks.2.norm1.bias": torch.zeros(1)},
    "_put": lambda s: s | {"pos_embed": torch.zeros(1, 5, WIDTH)},
}


def fitting_tower_is_given(where: str) -> None:
    state = timm_tower().state_dict()
    with pytest.raises(CheckpointRefusedError):
        load_image_tower(VitTower(IMAGE), OTHER_TOWERS[where](state))
    load_image_tower(tower := VitTower(IMAGE), state)
    same_start(tower)


@follows("sargeo.model.checkpoints:load_image_tower", BASE)
def test_a_vision_transformer_is_given() -> None:
    fitting_tower_is_given("load_image_tower")


@follows("sargeo.model.checkpoints:_Entries.take", BASE)
def test_a_whole_tower_is_given() -> None:
    fitting_tower_is_given("_Entries.take")


@follows("sargeo.model.checkpoints:_Entries.refuse_rest", BASE)
def test_a_tower_of_this_depth_is_given() -> None:
    fitting_tower_is_given("_Entries.refuse_rest")


@follows("sargeo.model.checkpoints:_put", BASE)
def test_a_tower_of_this_shape_is_given() -> None:
    fitting_tower_is_given("_put")


@follows("sargeo.model.checkpoints:_put", "Set tower.pre_norm as the checkpoint has it.")
@pytest.mark.parametrize("pre_norm", [True, False])
def test_the_norm_of_patches_is_set(pre_norm: bool) -> None:
    state = timm_tower(pre_norm=pre_norm).state_dict()
    with pytest.raises(CheckpointRefusedError):
        load_image_tower(VitTower(IMAGE.model_copy(update={"pre_norm": not pre_norm})), state)
    tower = VitTower(IMAGE.model_copy(update={"pre_norm": pre_norm}))
    load_image_tower(tower, state)
    assert torch.equal(tower.norm.weight, state["norm.weight"])


def reads_as_bert(state: dict[str, torch.Tensor]) -> None:
    with pytest.raises(CheckpointRefusedError):
        load_language(LanguagePart(TEXT, 8, tiny_tokeniser(max_tokens=32)), state)
    language = LanguagePart(TEXT, 8, tiny_tokeniser(max_tokens=32))
    given = bert("bert.")
    load_language(language, given)
    words = given["bert.embeddings.word_embeddings.weight"]
    assert torch.equal(language.text.words.weight, words)


@follows(
    "sargeo.model.checkpoints:load_language",
    "Give weights of BLIP or BERT for the text tower; its image tower can be loaded.",
)
def test_a_bert_is_given_for_the_text_tower() -> None:
    clip = {"token_embedding.weight": torch.zeros(1)} | timm_tower().state_dict()
    reads_as_bert(clip)
    load_image_tower(tower := VitTower(IMAGE), clip)
    same_start(tower)


@follows("sargeo.model.checkpoints:load_language", BASE)
def test_a_text_tower_is_given() -> None:
    reads_as_bert({"visual.proj": torch.zeros(1)})
