"""The text tower: tokens to features, with a look at an image where there is one.

A BERT (Devlin et al. 2019) with the changes of BLIP (Li et al. 2022): each layer may look at the
tokens of an image, and a text that is written word by word has self-attention of its own, while
everything else is shared with reading. There is no dropout: a step of training is then a
pure function of its batch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from sargeo.model.spec import LanguageSpec
from sargeo.model.tokens import Tokens
from sargeo.model.vision import init_variance_preserving

KeysValues = tuple[Tensor, Tensor]
"""What is attended to: keys and values, each of shape (N, heads, T, width / heads)."""

_NORM_EPS = 1e-12  # of BERT
_STD = 0.02  # of BERT; logits of the tied head then start small
_LONGEST_WAVE = 10_000.0  # tokens, as in Vaswani et al. 2017
_PARTS = 4  # a compromise: of more, each is too small to be quick


@dataclass(frozen=True, slots=True)
class Memory:
    """What a decoder keeps of N texts that it has written so far.

    Attributes
    ----------
    image : tuple of (Tensor, Tensor)
        For each layer, keys and values of the image.
    past : tuple of (Tensor, Tensor)
        For each layer, keys and values of the tokens so far.
    mask : Tensor of bool, shape (N, L)
        Which of these tokens are no padding.
    """

    image: tuple[KeysValues, ...]
    past: tuple[KeysValues, ...]
    mask: Tensor


class TextTower(nn.Module):
    """Tokens to features.

    Parameters
    ----------
    spec : LanguageSpec
    """

    def __init__(self, spec: LanguageSpec) -> None:
        super().__init__()
        self.words = nn.Embedding(spec.vocabulary, spec.width)
        self.positions = nn.Embedding(spec.max_tokens, spec.width)
        self.norm = nn.LayerNorm(spec.width, _NORM_EPS)
        self.layers = nn.ModuleList(_Layer(spec.width, spec.heads) for _ in range(spec.depth))
        nn.init.trunc_normal_(self.words.weight, std=_STD)
        self.positions.weight = nn.Parameter(
            _STD * math.sqrt(2) * _sinusoidal_positions(*self.positions.weight.shape)
        )
        self.layers.apply(init_variance_preserving)
        self.layers.apply(_start_of_branch)

    def forward(
        self, tokens: Tokens, *, visual: Tensor | None = None, causal: bool = False
    ) -> Tensor:
        """Read texts.

        Parameters
        ----------
        tokens : Tokens
            N texts of L tokens.
        visual : Tensor, shape (N, T, width), optional
            Tokens of one image for each text.
        causal : bool
            A token knows those before it alone.

        Returns
        -------
        Tensor, shape (N, L, width)
            Of tokens that are padding it means nothing.
        """
        count = tokens.ids.shape[1]
        return self._by_length(tokens, visual, None, causal=causal, count=count)

    def summary(
        self, tokens: Tokens, *, visual: Tensor | None = None, images: Tensor | None = None
    ) -> Tensor:
        """Return features (N, width) of the first token of each text; see `forward`.

        In the last layer the other tokens are looked at, and not thought about.

        Parameters
        ----------
        images : Tensor of int64, shape (N,), optional
            Place in ``visual`` of each text's image, for several texts of one.
        """
        return self._by_length(tokens, visual, images, causal=False, count=1)[:, 0]

    def begin(self, prompt: Tokens, visual: Tensor) -> tuple[Tensor, Memory]:
        """Read prompts that are gone on from.

        Returns
        -------
        features : Tensor, shape (N, width)
            Of the last token of each prompt.
        memory : Memory
        """
        image = self._look(visual)
        x, past = self._read(prompt, image, causal=True, count=prompt.ids.shape[1])
        last = prompt.mask.sum(1) - 1
        memory = Memory(image, past, prompt.mask)
        return x[torch.arange(len(x), device=x.device), last], memory

    def go_on(self, ids: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """Read one more token of each text, ids of shape (N,); see `begin`."""
        mask = functional.pad(memory.mask, (0, 1), value=True)
        x = self._embed(ids[:, None], memory.mask.sum(1, keepdim=True))
        seen = mask[:, None, None, :]
        past = []
        for layer, image, before in zip(self._stack(), memory.image, memory.past, strict=True):
            x, now = layer(x, seen, image=image, before=before, causal=True, count=1)
            past.append(now)
        return x[:, 0], Memory(memory.image, tuple(past), mask)

    def _by_length(
        self,
        tokens: Tokens,
        visual: Tensor | None,
        images: Tensor | None,
        *,
        causal: bool,
        count: int,
    ) -> Tensor:
        """Return features (N, count, width) of the first tokens.

        Texts are read a few at a time, from the shortest on, as each is padded to the longest of
        those that it is read with.
        """
        order, read = tokens.mask.sum(1).argsort(), []
        seen = () if visual is None else self._look(visual)
        for rows in order.chunk(_PARTS):
            length = int(tokens.mask[rows].any(0).sum())
            part = Tokens(tokens.ids[rows, :length], tokens.mask[rows, :length])
            places = rows if images is None else images[rows]
            image = tuple((keys[places], values[places]) for keys, values in seen)
            x, _ = self._read(part, image, causal=causal, count=min(count, length))
            read.append(functional.pad(x, (0, 0, 0, count - x.shape[1])))
        return torch.cat(read)[order.argsort()]

    def _look(self, visual: Tensor) -> tuple[KeysValues, ...]:
        """Return keys and values of images by layer: of each image once, for all its texts."""
        return tuple(layer.cross_attention.keys_values(visual) for layer in self._stack())

    def _read(
        self,
        tokens: Tokens,
        image: tuple[KeysValues, ...],
        *,
        causal: bool,
        count: int,
    ) -> tuple[Tensor, tuple[KeysValues, ...]]:
        """Return features of the first tokens, and keys and values of the tokens by layer."""
        length = tokens.ids.shape[1]
        seen = tokens.mask[:, None, None, :]
        if causal:
            seen = seen & torch.ones_like(seen[0, 0, 0].expand(length, -1)).tril()
        x = self._embed(tokens.ids, torch.arange(length, device=tokens.ids.device))
        past = []
        for depth, layer in enumerate(self._stack()):
            looked = image[depth] if image else None
            asked = count if depth == len(self.layers) - 1 else length
            x, now = layer(x, seen, image=looked, before=None, causal=causal, count=asked)
            past.append(now)
        return x, tuple(past)

    def _stack(self) -> Iterator[_Layer]:
        return iter(self.layers)  # type: ignore[arg-type]  # a list of modules forgets their type

    def _embed(self, ids: Tensor, positions: Tensor) -> Tensor:
        embedded: Tensor = self.norm(self.words(ids) + self.positions(positions))
        return embedded


class _Layer(nn.Module):
    """Looks at the text, then at the image, then thinks; normed after each, as BERT is."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attention = _Attention(width, heads)
        self.causal_attention = _Attention(width, heads)
        self.cross_attention = _Attention(width, heads)
        self.widen = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)
        self.norm = nn.LayerNorm(width, _NORM_EPS)

    def forward(
        self,
        x: Tensor,
        seen: Tensor,
        *,
        image: KeysValues | None,
        before: KeysValues | None,
        causal: bool,
        count: int,
    ) -> tuple[Tensor, KeysValues]:
        """Return features of the first tokens, and keys and values of all after those before."""
        attention = self.causal_attention if causal else self.attention
        keys, values = attention.keys_values(x)
        if before is not None:
            keys, values = torch.cat([before[0], keys], 2), torch.cat([before[1], values], 2)
        x = attention(x[:, :count], (keys, values), seen)
        if image is not None:
            x = self.cross_attention(x, image, None)
        x = self.norm(x + self.narrow(functional.gelu(self.widen(x))))
        return x, (keys, values)


def _start_of_branch(module: nn.Module) -> None:
    """Let what is added to tokens start small.

    Otherwise what all tokens hear alike, above all the image, drowns what each of them is, and
    nothing but the frequency of words is learnt for thousands of steps.
    """
    if isinstance(module, _Attention):
        nn.init.trunc_normal_(module.join.weight, std=_STD)
    elif isinstance(module, _Layer):
        nn.init.trunc_normal_(module.narrow.weight, std=_STD)


def _sinusoidal_positions(length: int, width: int) -> Tensor:
    """Return sines and cosines (length, width) of places: neighbours are then found at once."""
    waves = torch.exp(-math.log(_LONGEST_WAVE) * torch.arange(width // 2) / (width // 2))
    angles = torch.arange(length)[:, None] * waves
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class _Attention(nn.Module):
    """Attention with several heads, its residual and its norm."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.join = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width, _NORM_EPS)

    def keys_values(self, x: Tensor) -> KeysValues:
        """Return keys and values of tokens (N, T, width)."""
        return self._split(self.key(x)), self._split(self.value(x))

    def forward(self, x: Tensor, attended: KeysValues, seen: Tensor | None) -> Tensor:
        """Attend from tokens (N, L, width) to those that a mask of (N, 1, 1 or L, T) shows."""
        query = self._split(self.query(x))
        found = functional.scaled_dot_product_attention(query, *attended, attn_mask=seen)
        joined: Tensor = self.norm(x + self.join(found.transpose(1, 2).flatten(2)))
        return joined

    def _split(self, x: Tensor) -> Tensor:
        n, length, width = x.shape
        return x.view(n, length, self.heads, width // self.heads).transpose(1, 2)
