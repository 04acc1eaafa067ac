"""What joins images and texts: a space that both are compared in, and a decoder that tells.

Everything stands on the decoded features of an image tower, of either kind.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from sargeo.model.spec import LanguageSpec
from sargeo.model.text import TextTower
from sargeo.model.tokens import SEP, Tokeniser, Tokens
from sargeo.model.vision import OUTPUT_STRIDE, init_variance_preserving

TEMPLATES = ("{}", "an area of {}", "a radar image of {}", "this shows {}")
"""Sentences that names of classes are put into, when a model learns them and when a user gives
some. Vectors of one name are averaged over them, as Radford et al. (2021, section 3.1.4) do: one
wording says less about a class than several."""

WEIGHT_LIMIT = 6.0
"""Weights of cells lie between this and its negative."""

_TEMPERATURES = (0.001, 0.5)  # of BLIP, as is the start
_FIRST_TEMPERATURE = 0.07
_MOST_CYCLES = 32.0


@dataclass(frozen=True, slots=True)
class Cells:
    """What is known of each cell of N windows, in the space of texts.

    Attributes
    ----------
    values : Tensor of float32, shape (N, D, h, w)
        Unit vectors along D.
    weight : Tensor of float32, shape (N, 1, h, w)
        Natural logarithm of how much a cell counts beside others; within `WEIGHT_LIMIT` of zero.
    """

    values: Tensor
    weight: Tensor


class LanguagePart(nn.Module):
    """Text tower and all that joins it to an image tower.

    Parameters
    ----------
    spec : LanguageSpec
    decoder_dim : int
        Channels of the decoded features.
    tokeniser : Tokeniser
        That texts for this network are to be encoded with.

    Raises
    ------
    ValueError
        If the tokeniser knows more tokens, or gives longer texts, than the network has room for.
    """

    unsayable: Tensor

    def __init__(self, spec: LanguageSpec, decoder_dim: int, tokeniser: Tokeniser) -> None:
        super().__init__()
        if tokeniser.size > spec.vocabulary or tokeniser.max_tokens > spec.max_tokens:
            raise ValueError(
                f"a tokeniser of {tokeniser.size} tokens and texts of {tokeniser.max_tokens} does "
                f"not fit a network for {spec.vocabulary} and {spec.max_tokens}"
            )
        self.spec, self.tokeniser = spec, tokeniser
        self.text = TextTower(spec)
        self.cell_projection = nn.Conv2d(decoder_dim, spec.embedding_dim + 1, 1)
        self.text_projection = nn.Linear(spec.width, spec.embedding_dim)
        self.visual_projection = nn.Sequential(
            nn.Linear(decoder_dim, spec.width), nn.LayerNorm(spec.width)
        )
        self.matching_head = nn.Linear(spec.width, 2)
        self.word_head = _WordHead(spec.width, spec.vocabulary)
        low, high = map(math.log, _TEMPERATURES)
        share = (math.log(_FIRST_TEMPERATURE) - low) / (high - low)
        self.warmth = nn.Parameter(torch.tensor(share).logit())
        unsayable = torch.arange(spec.vocabulary) >= tokeniser.size
        unsayable[list(tokeniser.unsayable)] = True
        self.register_buffer("unsayable", unsayable, persistent=False)

    @property
    def temperature(self) -> Tensor:
        """What similarities are divided by in the contrast, a learnt scalar.

        Its logarithm stays within BLIP's bounds by a sigmoid: a clamp has no gradient beyond.
        """
        low, high = map(math.log, _TEMPERATURES)
        return (low + (high - low) * self.warmth.sigmoid()).exp()

    def cells(self, decoded: Tensor) -> Cells:
        """Place each cell in the space of texts, by its neighbourhood alone.

        Parameters
        ----------
        decoded : Tensor, shape (N, decoder_dim, h, w)
            Of `sargeo.model.vision.Features`.
        """
        # In float32 under autocast, as the heads.
        with torch.autocast(decoded.device.type, enabled=False):
            projected = self.cell_projection(decoded.float())
            values = functional.normalize(projected[:, :-1], dim=1)
            return Cells(values, WEIGHT_LIMIT * torch.tanh(projected[:, -1:] / WEIGHT_LIMIT))

    def visual_tokens(self, decoded: Tensor) -> Tensor:
        """Return what the text tower looks at, of shape (N, T, width), row by row.

        Cells are averaged to tokens of ``spec.visual_stride`` pixels; sines tell where in the
        window each lies.
        """
        means = functional.avg_pool2d(decoded, self.spec.visual_stride // OUTPUT_STRIDE)
        height, width = means.shape[2:]
        where = _sinusoidal_positions(height, width, self.spec.width, means.device)
        tokens: Tensor = self.visual_projection(means.flatten(2).transpose(1, 2)) + where
        return tokens

    def embed_text(self, tokens: Tokens) -> Tensor:
        """Return unit vectors (N, D) of texts that start with ``[CLS]``, in float32."""
        projected = self.text_projection(self.text.summary(tokens))
        return functional.normalize(projected.float(), dim=1)

    def match(self, visual: Tensor, tokens: Tokens, images: Tensor | None = None) -> Tensor:
        """Return logits (N, 2): text and image do not, or do, belong together.

        Parameters
        ----------
        visual : Tensor, shape (N, T, width)
            See `visual_tokens`.
        tokens : Tokens
            N texts.
        images : Tensor of int64, shape (N,), optional
            Place in ``visual`` of each text's image, where these are not as many as texts.
        """
        summary = self.text.summary(tokens, visual=visual, images=images)
        logits: Tensor = self.matching_head(summary)
        return logits

    def fill(self, visual: Tensor | None, tokens: Tokens, places: Tensor) -> Tensor:
        """Return logits of the tokens at some places, given all tokens and the image.

        Parameters
        ----------
        visual : Tensor, shape (N, T, width), optional
            See `visual_tokens`.
        tokens : Tokens
            N texts of L tokens, masked ones among them.
        places : Tensor of bool, shape (N, L)

        Returns
        -------
        Tensor, shape (M, vocabulary)
            Of the M places that are true, text by text.
        """
        return self._logits(self.text(tokens, visual=visual)[places])

    def continuation(self, visual: Tensor | None, tokens: Tokens, places: Tensor) -> Tensor:
        """Return logits of the tokens at some places, given those before them and the image.

        As `fill`, but that the first token of a text has none before it, and no logits.
        """
        before = self.text(tokens, visual=visual, causal=True)[:, :-1]
        return self._logits(before[places[:, 1:]])

    @torch.no_grad()
    def generate(self, visual: Tensor, prompt: Tokens, max_tokens: int) -> list[str]:
        """Go on from prompts, with the likeliest token each time, until ``[SEP]``.

        Parameters
        ----------
        visual : Tensor, shape (N, T, width)
            See `visual_tokens`.
        prompt : Tokens
            See `Tokeniser.prompts`.
        max_tokens : int
            Texts end after so many tokens at the latest, and where the network has no more room.
        """
        steps = min(max_tokens, self.spec.max_tokens - prompt.ids.shape[1])
        end = self.tokeniser.id_of(SEP)
        said = prompt.ids.new_full((len(prompt.ids), steps), end)
        x, memory = self.text.begin(prompt, visual)
        going = torch.ones_like(prompt.mask[:, 0])
        for step in range(steps):
            likeliest = self._logits(x).masked_fill(self.unsayable, -torch.inf).argmax(1)
            said[:, step] = torch.where(going, likeliest, end)
            going = said[:, step] != end
            if not going.any():
                break
            x, memory = self.text.go_on(said[:, step], memory)
        return [self.tokeniser.decode(row) for row in said.tolist()]

    def _logits(self, features: Tensor) -> Tensor:
        logits: Tensor = self.word_head(features, self.text.words.weight)
        return logits


class _WordHead(nn.Module):
    """Features to logits of words, by the vectors that words are embedded with."""

    def __init__(self, width: int, vocabulary: int) -> None:
        super().__init__()
        self.mix = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        init_variance_preserving(self.mix)

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        """Return logits (..., vocabulary) for features (..., width)."""
        mixed = self.norm(functional.gelu(self.mix(x)))
        return functional.linear(mixed, embedding, self.bias)


def known_cells(valid: Tensor) -> Tensor:
    """Tell which cells (N, H / 4, W / 4) have a valid pixel (N, H, W), as bool."""
    return functional.max_pool2d(valid[:, None].float(), OUTPUT_STRIDE)[:, 0] > 0


def pool(cells: Cells, known: Tensor) -> Tensor:
    """Average the cells of each window, by the softmax of their weights.

    Parameters
    ----------
    cells : Cells
    known : Tensor of bool, shape (N, h, w)
        Cells that count; see `known_cells`.

    Returns
    -------
    Tensor of float32, shape (N, D)
        Unit vectors; zeros where no cell counts.
    """
    known = known[:, None]
    share = torch.where(known, cells.weight, -torch.inf).exp()  # bounded: nothing overflows
    total = (torch.where(known, cells.values, 0.0) * share).sum((2, 3))
    return functional.normalize(total, dim=1)


def _sinusoidal_positions(height: int, width: int, channels: int, device: torch.device) -> Tensor:
    """Return sines and cosines (height * width, channels) of the places of cells in a window.

    Places are shares of the window's sides, so that "upper left" is the same in windows of any
    size. Half of the channels tell the row and half the column, from half a cycle per window on.
    """
    cycles = torch.linspace(math.log(0.5), math.log(_MOST_CYCLES), channels // 4, device=device)
    axes = []
    for cells in (height, width):
        place = (torch.arange(cells, device=device) + 0.5) / cells
        angles = 2 * math.pi * place[:, None] * cycles.exp()
        axes.append(torch.cat([angles.sin(), angles.cos()], dim=1))
    rows = axes[0][:, None].expand(-1, width, -1)
    columns = axes[1][None].expand(height, -1, -1)
    return torch.cat([rows, columns], dim=2).flatten(0, 1)
