"""Weights that others published, as a start for our towers.

==========================  ====================================================================
checkpoint                  what is taken from it
==========================  ====================================================================
timm, DeiT                  image tower (`VitTower` without ``pre_norm``)
BLIP, pretrained            image tower (likewise); text tower and decoder, matching head
open_clip                   image tower (`VitTower` with ``pre_norm``), or one of timm inside; a
                            text tower that is a BERT
BERT                        text tower; its self-attention starts the decoder's too, as in BLIP
==========================  ====================================================================

CLIP's own text tower is another architecture (it norms before it attends, and reads one way), and
is refused. So is everything of another shape. The pyramid, the decoder, all that knows of radar,
and what leads from one tower to the other have no counterpart and stay as they are: the decoder
looks at other visual tokens than BLIP's, and has to be taught. Weights of OpenAI were trained with
a quicker GELU, which is near enough to start from.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from sargeo.errors import CheckpointRefusedError
from sargeo.model.context import SLOTS
from sargeo.model.language import LanguagePart
from sargeo.model.vit import VitTower

_REMEDY = "Give weights of a ViT-B/16 and of a BERT as the settings of the size base have them."
_ATTENTION = {  # ours: BERT's
    "query": "self.query",
    "key": "self.key",
    "value": "self.value",
    "join": "output.dense",
    "norm": "output.LayerNorm",
}
_TIMM_BLOCK = {
    "norm1": "norm1",
    "proj": "attn.proj",
    "norm2": "norm2",
    "fc1": "mlp.fc1",
    "fc2": "mlp.fc2",
    "qkv": "attn.qkv",
}
_CLIP_BLOCK = {
    "norm1": "ln_1",
    "proj": "attn.out_proj",
    "norm2": "ln_2",
    "fc1": "mlp.c_fc",
    "fc2": "mlp.c_proj",
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a checkpoint.

    Attributes
    ----------
    names : tuple of str
        Its entries that were taken.
    unused : tuple of str
        The others.
    """

    names: tuple[str, ...]
    unused: tuple[str, ...]


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a file of safetensors or of torch, by name.

    Parameters
    ----------
    path : Path
        Nothing but tensors and plain types is unpickled from a file of torch.

    Raises
    ------
    CheckpointRefusedError
        If it cannot be read or holds no tensors.
    """
    try:
        content = _content(path)
    except OSError as error:
        problem = f"The checkpoint {path} cannot be read: {error.strerror or error}."
        raise CheckpointRefusedError(problem, "Name a file that exists.") from error
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise CheckpointRefusedError(
            f"{path} is no checkpoint of tensors alone.",
            "Save its state_dict with torch.save or as safetensors.",
        ) from error
    for key in ("model", "state_dict"):
        content = content.get(key, content)
    tensors = {
        name.removeprefix("module."): v for name, v in content.items() if isinstance(v, Tensor)
    }
    if not tensors:
        raise CheckpointRefusedError(f"{path} holds no tensors.", "Give a model's state_dict.")
    return tensors


def _content(path: Path) -> Mapping[str, Any]:
    if path.suffix == ".safetensors":
        return load_file(path)
    content = torch.load(path, map_location="cpu", weights_only=True)
    return content if isinstance(content, Mapping) else {}


def load_image_tower(tower: nn.Module, state: Mapping[str, Tensor]) -> Loaded:
    """Start an image tower from a checkpoint of timm, DeiT, BLIP or open_clip, in place.

    The kernels of the three colours are summed, and each polarisation gets the sum. As the tower
    feeds bands divided by their number, bands are then seen as a grey picture of their mean is:
    exactly what the weights were trained for, whichever bands there are. The kernel of validity
    starts at zero.

    Parameters
    ----------
    tower : Module
        A `VitTower`; no other kind has published weights that fit.
    state : mapping of str to Tensor
        See `read_checkpoint`.

    Raises
    ------
    CheckpointRefusedError
        If it holds no image tower, or one of another shape. The tower is then unchanged.
    """
    if not isinstance(tower, VitTower):
        raise CheckpointRefusedError(
            "Checkpoints fit no image tower but a vision transformer, and this one is a ConvNeXt.",
            "Set tower.kind to vit, or start from random weights.",
        )
    entries = _Entries(state)
    for prefix in ("visual_encoder.", "visual.trunk.", ""):
        if f"{prefix}patch_embed.proj.weight" in state:
            return _put(tower, _of_timm(entries, prefix, len(tower.blocks)), entries)
    if "visual.conv1.weight" in state:
        return _put(tower, _of_clip(entries, "visual.", len(tower.blocks)), entries)
    raise CheckpointRefusedError("The checkpoint holds no vision transformer.", _REMEDY)


def load_language(language: LanguagePart, state: Mapping[str, Tensor]) -> Loaded:
    """Start a text tower from a checkpoint of BLIP, of BERT, or of open_clip with a BERT, in place.

    Types of tokens, which BLIP and we do without, are added to the positions, as BERT does it.
    Words that the network has room for beyond those of the checkpoint, such as the mark ``[DEC]``
    that BERT lacks, stay as they are.

    Raises
    ------
    CheckpointRefusedError
        If it holds no such text tower, or one of another shape. The part is then unchanged.
    """
    entries, depth = _Entries(state), language.spec.depth
    for prefix in ("text_encoder.", "text.transformer.", "bert.", ""):
        if f"{prefix}embeddings.word_embeddings.weight" in entries.state:
            found = _with_more_words(_of_bert(entries, prefix, depth), language)
            return _put(language, found, entries)
    if any(name.endswith("token_embedding.weight") for name in state):
        raise CheckpointRefusedError(
            "The checkpoint's text tower is CLIP's, which norms before it attends and reads one "
            "way, and ours is a BERT.",
            "Give weights of BLIP or BERT for the text tower; its image tower can be loaded.",
        )
    raise CheckpointRefusedError("The checkpoint holds no text tower.", _REMEDY)


class _Entries:
    """A checkpoint, and which of its entries were taken."""

    def __init__(self, state: Mapping[str, Tensor]) -> None:
        self.state = {_modern(name): tensor for name, tensor in state.items()}
        self.taken: set[str] = set()

    def take(self, name: str) -> Tensor:
        """Return an entry."""
        if name not in self.state:
            raise CheckpointRefusedError(f"The checkpoint lacks {name}.", _REMEDY)
        self.taken.add(name)
        return self.state[name]

    def layer(self, ours: str, theirs: str) -> dict[str, Tensor]:
        """Return weight and bias of a layer by our names."""
        return {f"{ours}.{part}": self.take(f"{theirs}.{part}") for part in ("weight", "bias")}

    def refuse_rest(self, prefix: str) -> None:
        """Refuse what is left under a prefix, such as blocks beyond our depth."""
        rest = sorted(n for n in self.state if n.startswith(prefix) and n not in self.taken)
        if rest:
            raise CheckpointRefusedError(
                f"The checkpoint holds {rest[0]}, which the network has no place for.", _REMEDY
            )


def _modern(name: str) -> str:
    """Return the name of an entry as it is called today: BERT's oldest files say gamma and beta."""
    return name.replace("LayerNorm.gamma", "LayerNorm.weight").replace(
        "LayerNorm.beta", "LayerNorm.bias"
    )


def _of_timm(entries: _Entries, prefix: str, depth: int) -> dict[str, Tensor]:
    kernel = entries.take(f"{prefix}patch_embed.proj.weight")
    found = {
        "patches.weight": _grey(kernel),
        "class_token": entries.take(f"{prefix}cls_token").flatten(),
        "positions": entries.take(f"{prefix}pos_embed").squeeze(0),
        **entries.layer("norm", f"{prefix}norm"),
    }
    if f"{prefix}norm_pre.weight" in entries.state:  # a tower of CLIP, whose patches have no bias
        found |= entries.layer("pre_norm", f"{prefix}norm_pre")
        found["patches.bias"] = kernel.new_zeros(len(kernel))
    else:
        found["patches.bias"] = entries.take(f"{prefix}patch_embed.proj.bias")
    for i in range(depth):
        for ours, theirs in _TIMM_BLOCK.items():
            found |= entries.layer(f"blocks.{i}.{ours}", f"{prefix}blocks.{i}.{theirs}")
    entries.refuse_rest(f"{prefix}blocks.")
    return found


def _of_clip(entries: _Entries, prefix: str, depth: int) -> dict[str, Tensor]:
    kernel = entries.take(f"{prefix}conv1.weight")
    found = {
        "patches.weight": _grey(kernel),
        "patches.bias": kernel.new_zeros(len(kernel)),
        "class_token": entries.take(f"{prefix}class_embedding"),
        "positions": entries.take(f"{prefix}positional_embedding"),
        **entries.layer("pre_norm", f"{prefix}ln_pre"),
        **entries.layer("norm", f"{prefix}ln_post"),
    }
    for i in range(depth):
        block = f"{prefix}transformer.resblocks.{i}."
        for ours, theirs in _CLIP_BLOCK.items():
            found |= entries.layer(f"blocks.{i}.{ours}", block + theirs)
        for part in ("weight", "bias"):
            found[f"blocks.{i}.qkv.{part}"] = entries.take(f"{block}attn.in_proj_{part}")
    entries.refuse_rest(f"{prefix}transformer.")
    return found


def _grey(kernel: Tensor) -> Tensor:
    """Turn kernels of colours (W, 3, 16, 16) into those of our slots and of validity."""
    slot = kernel.sum(1, keepdim=True)
    return torch.cat([slot.expand(-1, SLOTS, -1, -1), torch.zeros_like(slot)], dim=1)


def _of_bert(entries: _Entries, prefix: str, depth: int) -> dict[str, Tensor]:
    embeddings = f"{prefix}embeddings."
    positions = entries.take(f"{embeddings}position_embeddings.weight")
    if f"{embeddings}token_type_embeddings.weight" in entries.state:
        positions = positions + entries.take(f"{embeddings}token_type_embeddings.weight")[0]
    found = {
        "text.words.weight": entries.take(f"{embeddings}word_embeddings.weight"),
        "text.positions.weight": positions,
        **entries.layer("text.norm", f"{embeddings}LayerNorm"),
    }
    decoder = "text_decoder.bert." if prefix == "text_encoder." else prefix
    for i in range(depth):
        found |= _bert_layer(entries, f"text.layers.{i}.", f"encoder.layer.{i}.", prefix, decoder)
    entries.refuse_rest(f"{prefix}encoder.layer.")
    return found | _bert_heads(entries)


def _with_more_words(found: dict[str, Tensor], language: LanguagePart) -> dict[str, Tensor]:
    """Fill up what there is of each word with what the network has of further ones."""
    parameters = dict(language.named_parameters())
    for name in {"text.words.weight", "word_head.bias"} & found.keys():
        rest = parameters[name].detach().cpu()[len(found[name]) :]
        if found[name].shape[1:] == rest.shape[1:]:  # else it is refused with the other shapes
            found[name] = torch.cat([found[name], rest])
    return found


def _bert_layer(
    entries: _Entries, ours: str, theirs: str, encoder: str, decoder: str
) -> dict[str, Tensor]:
    found = {
        **entries.layer(f"{ours}widen", f"{encoder}{theirs}intermediate.dense"),
        **entries.layer(f"{ours}narrow", f"{encoder}{theirs}output.dense"),
        **entries.layer(f"{ours}norm", f"{encoder}{theirs}output.LayerNorm"),
    }
    attentions = {
        "attention": f"{encoder}{theirs}attention",
        "causal_attention": f"{decoder}{theirs}attention",
        "cross_attention": f"{encoder}{theirs}crossattention",
    }
    if f"{encoder}{theirs}crossattention.self.query.weight" not in entries.state:
        del attentions["cross_attention"]  # a BERT that never saw an image
    for our_attention, their_attention in attentions.items():
        for part, name in _ATTENTION.items():
            found |= entries.layer(f"{ours}{our_attention}.{part}", f"{their_attention}.{name}")
    return found


def _bert_heads(entries: _Entries) -> dict[str, Tensor]:
    """Return the heads that there are: of words, and BLIP's of matching and of comparing texts."""
    found = {}
    for predictions in ("text_decoder.cls.predictions.", "cls.predictions."):
        if f"{predictions}transform.dense.weight" in entries.state:
            found["word_head.bias"] = entries.take(f"{predictions}bias")
            found |= entries.layer("word_head.mix", f"{predictions}transform.dense")
            found |= entries.layer("word_head.norm", f"{predictions}transform.LayerNorm")
    for ours, theirs in (("text_projection", "text_proj"), ("matching_head", "itm_head")):
        if f"{theirs}.bias" in entries.state:
            found |= entries.layer(ours, theirs)
    return found


def _put(module: nn.Module, found: Mapping[str, Tensor], entries: _Entries) -> Loaded:
    """Copy weights into a module, all or none."""
    parameters = dict(module.named_parameters())
    if isinstance(module, VitTower) and ("pre_norm.weight" in found) != (
        "pre_norm.weight" in parameters
    ):
        raise CheckpointRefusedError(
            "Only towers of CLIP norm their patches before the first block, and checkpoint and "
            "network differ in that.",
            "Set tower.pre_norm as the checkpoint has it.",
        )
    for name, value in found.items():
        if value.shape != parameters[name].shape:
            raise CheckpointRefusedError(
                f"The checkpoint's {name} has the shape {tuple(value.shape)}, and the network's "
                f"{tuple(parameters[name].shape)}.",
                _REMEDY,
            )
    with torch.no_grad():
        for name, value in found.items():
            parameters[name].copy_(value)
    taken = tuple(sorted(entries.taken))
    return Loaded(taken, tuple(sorted(set(entries.state) - entries.taken)))
