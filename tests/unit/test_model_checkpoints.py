"""Published weights as a start: towers then compute what the originals compute."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from support.language import tiny_language_network, tiny_tokeniser
from support.published import (
    DEPTH,
    GRID,
    HEADS,
    WIDTH,
    WORDS,
    State,
    bert,
    blip,
    reader,
    timm_tower,
)
from torch import Tensor, nn

from sargeo.errors import CheckpointRefusedError
from sargeo.model.checkpoints import load_image_tower, load_language, read_checkpoint
from sargeo.model.context import SLOTS, Context
from sargeo.model.language import LanguagePart
from sargeo.model.spec import LanguageSpec, VitSpec
from sargeo.model.vit import VitTower

IMAGE = VitSpec(width=WIDTH, depth=DEPTH, heads=HEADS, grid=GRID, decoder_dim=8)
TEXT = LanguageSpec(width=WIDTH, depth=DEPTH, heads=HEADS, vocabulary=WORDS, max_tokens=32,
                    embedding_dim=8)  # fmt: skip


def as_clip(state: State) -> State:
    """Rename a tower of timm as open_clip names it."""
    names = {
        "patch_embed.proj.weight": "conv1.weight",
        "cls_token": "class_embedding",
        "pos_embed": "positional_embedding",
        "norm_pre.": "ln_pre.",
        "norm1.": "ln_1.",
        "norm2.": "ln_2.",
        "attn.qkv.": "attn.in_proj_",
        "attn.proj.": "attn.out_proj.",
        "mlp.fc1.": "mlp.c_fc.",
        "mlp.fc2.": "mlp.c_proj.",
        "blocks.": "transformer.resblocks.",
    }
    renamed = {}
    for name, value in state.items():
        new = "ln_post." + name.removeprefix("norm.") if name.startswith("norm.") else name
        for theirs, clips in names.items():
            new = new.replace(theirs, clips)
        renamed[f"visual.{new}"] = value
    renamed["visual.class_embedding"] = state["cls_token"].flatten()
    renamed["visual.positional_embedding"] = state["pos_embed"][0]
    return renamed | {"visual.proj": torch.zeros(WIDTH, 8), "logit_scale": torch.zeros(())}


def patches_of(tower: VitTower, grey: Tensor) -> Tensor:
    """Return patches at stride 16 for a picture in every band, without a word on its context."""
    nn.init.zeros_(tower.bias.weight)
    nn.init.zeros_(tower.bias.bias)
    n = len(grey)
    context = Context(
        present=torch.tensor([[True, False, True, False]]).repeat(n, 1),
        quantity=torch.zeros(n, SLOTS, dtype=torch.long),
        gsd_m=torch.full((n, 2), 10.0),
        incidence_deg=torch.full((n,), 38.0),
        lonlat=torch.zeros(n, 2),
        sensor=torch.zeros(n, dtype=torch.int64),
    )
    valid = torch.ones_like(grey, dtype=torch.bool)
    with torch.no_grad():
        features = tower.eval()(grey[:, None].repeat(1, SLOTS, 1, 1), valid, context)
    return features.pyramid[2].flatten(2).transpose(1, 2)


@pytest.mark.parametrize("prefix", ["", "visual_encoder.", "visual.trunk."])
def test_a_tower_of_timm_sees_a_grey_picture_as_before(prefix: str) -> None:
    original, tower = timm_tower(), VitTower(IMAGE)
    state = {prefix + name: value for name, value in original.state_dict().items()}
    loaded = load_image_tower(tower, state | {"head.weight": torch.zeros(2, 2)})
    grey = torch.randn(2, 16 * GRID, 16 * GRID)
    with torch.no_grad():
        expected = original.forward_features(grey[:, None].repeat(1, 3, 1, 1))[:, 1:]
    torch.testing.assert_close(patches_of(tower, grey), expected, rtol=1e-4, atol=1e-4)
    assert set(loaded.names) == set(state)
    assert loaded.unused == ("head.weight",)


def test_a_tower_of_clip_sees_a_grey_picture_as_before() -> None:
    original = timm_tower(pre_norm=True)
    tower = VitTower(IMAGE.model_copy(update={"pre_norm": True}))
    state = as_clip(original.state_dict())
    loaded = load_image_tower(tower, state)
    grey = torch.randn(2, 16 * GRID, 16 * GRID)
    with torch.no_grad():
        expected = original.forward_features(grey[:, None].repeat(1, 3, 1, 1))[:, 1:]
    torch.testing.assert_close(patches_of(tower, grey), expected, rtol=1e-4, atol=1e-4)
    assert set(loaded.unused) == {"visual.proj", "logit_scale"}


def test_clips_tower_as_timm_has_it_is_known_too() -> None:
    state = timm_tower(pre_norm=True).state_dict()
    tower = VitTower(IMAGE.model_copy(update={"pre_norm": True}))
    assert load_image_tower(tower, state).unused == ()
    assert torch.equal(tower.pre_norm.weight, state["norm_pre.weight"])
    assert not tower.patches.bias.any()


def without(state: State, name: str) -> State:
    return {k: v for k, v in state.items() if k != name}


IMAGE_REFUSALS: list[tuple[Callable[[State], State], str]] = [
    (lambda s: without(s, "blocks.1.norm2.bias"), r"lacks blocks\.1\.norm2\.bias"),
    (lambda s: s | {"pos_embed": torch.zeros(1, 5, WIDTH)}, r"positions has the shape \(5, 16\)"),
    (lambda s: s | {"blocks.2.norm1.bias": torch.zeros(1)}, r"holds blocks\.2\.norm1\.bias"),
    (lambda s: s | {"blocks.0.ls1.gamma": torch.zeros(1)}, r"holds blocks\.0\.ls1\.gamma"),
    (lambda s: {"layer1.weight": torch.zeros(1)}, "no vision transformer"),
]


@pytest.mark.parametrize(("change", "problem"), IMAGE_REFUSALS)
def test_other_image_towers_are_refused(change: Callable[[State], State], problem: str) -> None:
    tower = VitTower(IMAGE)
    before = {name: value.clone() for name, value in tower.state_dict().items()}
    with pytest.raises(CheckpointRefusedError, match=problem):
        load_image_tower(tower, change(timm_tower().state_dict()))
    assert all(torch.equal(before[name], value) for name, value in tower.state_dict().items())


@pytest.mark.parametrize("pre_norm", [True, False])
def test_a_norm_on_one_side_alone_is_refused(pre_norm: bool) -> None:
    tower = VitTower(IMAGE.model_copy(update={"pre_norm": pre_norm}))
    state = (
        timm_tower().state_dict() if pre_norm else as_clip(timm_tower(pre_norm=True).state_dict())
    )
    with pytest.raises(CheckpointRefusedError, match="norm their patches") as caught:
        load_image_tower(tower, state)
    assert "pre_norm" in caught.value.remedy


def test_a_convnext_has_no_published_weights() -> None:
    with pytest.raises(CheckpointRefusedError, match="ConvNeXt"):
        load_image_tower(tiny_language_network().tower, timm_tower().state_dict())


@pytest.fixture
def language() -> LanguagePart:
    return LanguagePart(TEXT, 8, tiny_tokeniser(max_tokens=32)).eval()


@torch.no_grad()
def test_a_text_tower_of_blip_reads_and_writes_as_before(language: LanguagePart) -> None:
    encoder, decoder = reader(), reader()
    for name, value in decoder.named_parameters():  # all else is tied in BLIP
        if "self_attn" in name or "norm1" in name:
            value.mul_(-1.5)
    state = blip(encoder, decoder)
    loaded = load_language(language, state)
    tokens, image = language.tokeniser.encode(["two ships lie at sea"]), torch.randn(1, 5, WIDTH)
    embedded = nn.functional.layer_norm(
        state["text_encoder.embeddings.word_embeddings.weight"][tokens.ids]
        + state["text_encoder.embeddings.position_embeddings.weight"][: tokens.ids.shape[1]],
        (WIDTH,),
    )
    mask = nn.Transformer.generate_square_subsequent_mask(tokens.ids.shape[1])
    expected = encoder(embedded, image), decoder(embedded, image, tgt_mask=mask)
    found = (language.text(tokens, visual=image, causal=causal) for causal in (False, True))
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-3)
    assert torch.equal(language.matching_head.weight, state["itm_head.weight"])
    assert torch.equal(language.word_head.bias, state["text_decoder.cls.predictions.bias"])
    assert "temp" in loaded.unused
    assert "itm_head.bias" in loaded.names


@pytest.mark.parametrize("prefix", ["", "bert.", "text.transformer."])
def test_a_bert_starts_reading_and_writing(language: LanguagePart, prefix: str) -> None:
    looks = language.text.layers[0].cross_attention.query.weight.clone()
    state = bert(prefix)
    loaded = load_language(language, state)
    layer = language.text.layers[0]
    for attention in (layer.attention, layer.causal_attention):
        expected = state[f"{prefix}encoder.layer.0.attention.self.query.weight"]
        assert torch.equal(attention.query.weight, expected)
    assert torch.equal(layer.cross_attention.query.weight, looks)
    expected = (
        state[f"{prefix}embeddings.position_embeddings.weight"]
        + state[f"{prefix}embeddings.token_type_embeddings.weight"][0]
    )
    assert torch.equal(language.text.positions.weight, expected)
    assert loaded.unused == ()


@torch.no_grad()
def test_words_beyond_those_of_the_checkpoint_stay_as_they_are() -> None:
    roomy = TEXT.model_copy(update={"vocabulary": WORDS + 2})
    language = LanguagePart(roomy, 8, tiny_tokeniser(max_tokens=32))
    rest = language.text.words.weight[WORDS:].clone()
    state = bert("bert.")
    load_language(language, state)
    words = language.text.words.weight
    assert torch.equal(words[:WORDS], state["bert.embeddings.word_embeddings.weight"])
    assert torch.equal(words[WORDS:], rest)


def wider(state: State) -> State:
    return state | {"bert.embeddings.word_embeddings.weight": torch.zeros(301, WIDTH)}


TEXT_REFUSALS: list[tuple[Callable[[State], State], str]] = [
    (
        lambda s: s | {"bert.embeddings.word_embeddings.weight": torch.zeros(WORDS, 24)},
        r"words\.weight has the shape \(300, 24\)",
    ),
    (wider, r"words\.weight has the shape \(301, 16\), and the network's \(300, 16\)"),
    (lambda s: s | {"bert.encoder.layer.2.output.dense.bias": torch.zeros(1)}, r"layer\.2"),
    (lambda s: {"token_embedding.weight": torch.zeros(1)}, "text tower is CLIP's"),
    (lambda s: {"text.token_embedding.weight": torch.zeros(1)}, "text tower is CLIP's"),
    (lambda s: {"visual.proj": torch.zeros(1)}, "no text tower"),
]


@pytest.mark.parametrize(("change", "problem"), TEXT_REFUSALS)
def test_other_text_towers_are_refused(
    language: LanguagePart, change: Callable[[State], State], problem: str
) -> None:
    before = {name: value.clone() for name, value in language.state_dict().items()}
    with pytest.raises(CheckpointRefusedError, match=problem) as caught:
        load_language(language, change(bert("bert.")))
    assert caught.value.exit_code == 3
    assert all(torch.equal(before[name], value) for name, value in language.state_dict().items())


@pytest.mark.parametrize("nested", [None, "model", "state_dict"])
def test_files_of_torch_are_read(tmp_path: Path, nested: str | None) -> None:
    state = {"module.a": torch.ones(2), "step": 3}
    torch.save({nested: state} if nested else state, tmp_path / "weights.pth")
    assert {k: v.tolist() for k, v in read_checkpoint(tmp_path / "weights.pth").items()} == {
        "a": [1, 1]
    }


def test_files_of_safetensors_are_read(tmp_path: Path) -> None:
    save_file({"a": torch.ones(2)}, tmp_path / "weights.safetensors")
    assert list(read_checkpoint(tmp_path / "weights.safetensors")) == ["a"]


class Anything:
    """What a file of tensors has no business to hold."""


@pytest.mark.parametrize("name", ["weights.pth", "weights.safetensors"])
def test_what_is_no_checkpoint_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with pytest.raises(CheckpointRefusedError, match="cannot be read"):
        read_checkpoint(path)
    path.write_bytes(b"")
    with pytest.raises(CheckpointRefusedError, match="no checkpoint of tensors alone"):
        read_checkpoint(path)
    path.write_bytes(b"nonsense" * 100)
    with pytest.raises(CheckpointRefusedError, match="no checkpoint of tensors alone"):
        read_checkpoint(path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [({"step": 3}, "holds no tensors"), ([1], "holds no tensors"), (Anything(), "tensors alone")],
)
def test_a_file_without_tensors_is_refused(tmp_path: Path, content: object, problem: str) -> None:
    torch.save(content, tmp_path / "weights.pth")
    with pytest.raises(CheckpointRefusedError, match=problem) as caught:
        read_checkpoint(tmp_path / "weights.pth")
    assert "\n" not in caught.value.problem
