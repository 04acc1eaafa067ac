"""Checkpoints such as others publish, of very small towers."""

from __future__ import annotations

import torch
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn

State = dict[str, Tensor]

WIDTH, DEPTH, HEADS, GRID = 16, 2, 2, 4
WORDS, POSITIONS, VECTOR = 300, 32, 8


def shuffled(state: State) -> State:
    """Return entries drawn anew, so that none is a one or a zero that hides a mistake."""
    generator = torch.Generator().manual_seed(3)
    return {k: 0.3 * torch.randn(v.shape, generator=generator) for k, v in state.items()}


def timm_tower(*, pre_norm: bool = False) -> VisionTransformer:
    tower = VisionTransformer(
        img_size=16 * GRID, embed_dim=WIDTH, depth=DEPTH, num_heads=HEADS, num_classes=0,
        pre_norm=pre_norm,
    )  # fmt: skip
    tower.load_state_dict(shuffled(tower.state_dict()))
    return tower.eval()


def attention_names(theirs: str, ours: str, state: State) -> State:
    """Rename attention of torch as BERT names it."""
    found = {}
    for part in ("weight", "bias"):
        query, key, value = state[f"{theirs}.in_proj_{part}"].chunk(3)
        found |= {f"{ours}.self.query.{part}": query, f"{ours}.self.key.{part}": key,
                  f"{ours}.self.value.{part}": value,
                  f"{ours}.output.dense.{part}": state[f"{theirs}.out_proj.{part}"]}  # fmt: skip
    return found


def as_bert(reader: nn.TransformerDecoder, prefix: str) -> State:
    """Rename a post-normed transformer of torch as BERT with cross-attention names it."""
    state, found = reader.state_dict(), {}
    for i in range(DEPTH):
        theirs, ours = f"layers.{i}", f"{prefix}encoder.layer.{i}"
        found |= attention_names(f"{theirs}.self_attn", f"{ours}.attention", state)
        found |= attention_names(f"{theirs}.multihead_attn", f"{ours}.crossattention", state)
        for part in ("weight", "bias"):
            for torchs, berts in (("norm1", "attention.output.LayerNorm"),
                                  ("norm2", "crossattention.output.LayerNorm"),
                                  ("norm3", "output.LayerNorm"),
                                  ("linear1", "intermediate.dense"),
                                  ("linear2", "output.dense")):  # fmt: skip
                found[f"{ours}.{berts}.{part}"] = state[f"{theirs}.{torchs}.{part}"]
    return found


def reader() -> nn.TransformerDecoder:
    layer = nn.TransformerDecoderLayer(
        WIDTH, HEADS, 4 * WIDTH, dropout=0, activation="gelu", layer_norm_eps=1e-12,
        batch_first=True,
    )  # fmt: skip
    decoder = nn.TransformerDecoder(layer, DEPTH)
    decoder.load_state_dict(shuffled(decoder.state_dict()))
    return decoder.eval()


def blip(encoder: nn.TransformerDecoder, decoder: nn.TransformerDecoder) -> State:
    """Return a checkpoint as BLIP's pretraining writes it, with the decoder's own attention."""
    written = as_bert(decoder, "text_decoder.bert.")
    heads = {
        "text_encoder.embeddings.word_embeddings.weight": torch.randn(WORDS, WIDTH),
        "text_encoder.embeddings.position_embeddings.weight": torch.randn(POSITIONS, WIDTH),
        "text_encoder.embeddings.LayerNorm.gamma": torch.ones(WIDTH),
        "text_encoder.embeddings.LayerNorm.beta": torch.zeros(WIDTH),
        "text_decoder.cls.predictions.bias": torch.randn(WORDS),
        "text_decoder.cls.predictions.transform.dense.weight": torch.randn(WIDTH, WIDTH),
        "text_decoder.cls.predictions.transform.dense.bias": torch.randn(WIDTH),
        "text_decoder.cls.predictions.transform.LayerNorm.weight": torch.ones(WIDTH),
        "text_decoder.cls.predictions.transform.LayerNorm.bias": torch.zeros(WIDTH),
        "text_proj.weight": torch.randn(VECTOR, WIDTH),
        "text_proj.bias": torch.randn(VECTOR),
        "itm_head.weight": torch.randn(2, WIDTH),
        "itm_head.bias": torch.randn(2),
        "temp": torch.tensor(0.07),
    }
    return as_bert(encoder, "text_encoder.") | written | heads


def bert(prefix: str) -> State:
    """Return a BERT that never saw an image, with types of tokens."""
    state = blip(reader(), reader())
    kept = {
        name.replace("text_encoder.", prefix): value
        for name, value in state.items()
        if name.startswith("text_encoder.") and "crossattention" not in name
    }
    return kept | {f"{prefix}embeddings.token_type_embeddings.weight": torch.randn(2, WIDTH)}
