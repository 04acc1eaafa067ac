"""Texts of a step as tokens: what is compared, what is hidden, and what is to be said."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn import functional

from sargeo.model.tokens import DEC, MASK, Tokeniser, Tokens
from sargeo_training.crops.counterfactual import Exchange
from sargeo_training.data.target_text import Clause, Writing
from sargeo_training.parallel import gathered, longest_of_all
from sargeo_training.settings.config import Chips

Span = tuple[int, int]
"""Characters of a text: from the first to the one after the last."""

_FEW_CLAUSES = 3


@dataclass(frozen=True)
class Told:
    """What is told of an image.

    Attributes
    ----------
    text : str
        A caption or a few clauses.
    whole : str
        All clauses: a hidden word has to go with all that is said beside what is seen.
    keywords : tuple of Span
        The words in the whole that carry what it claims.
    prompt, said : str
        A question and its answer; or nothing, and the text.
    """

    text: str
    whole: str
    keywords: tuple[Span, ...]
    prompt: str
    said: str


@dataclass(frozen=True)
class TextBatch:
    """Tokens of N texts.

    Attributes
    ----------
    caption : Tokens
        What is compared with the image, and matched.
    masked : Tokens
        Of the whole, with tokens hidden: where ``hidden`` (N, M) is true.
    words : Tensor of int64, shape (H,)
        The H tokens that are hidden, text by text.
    said : Tokens
        What is to be said of the image; the tokens to learn are true in ``learnt`` (N, L).
    keys : Tensor of int64, shape (N, 2)
        The same number for the same image, and for the same text.
    right, wrong : Tokens
        Round by round of exchange, N statements of these texts, and N of other texts that
        contradict them; see `sargeo_training.crops.counterfactual`.
    exchanged : Tensor of bool, shape (rounds * N,)
        Whether there are such.
    """

    caption: Tokens
    masked: Tokens
    hidden: Tensor
    words: Tensor
    said: Tokens
    learnt: Tensor
    keys: Tensor
    right: Tokens
    wrong: Tokens
    exchanged: Tensor

    def to(self, device: torch.device) -> TextBatch:
        """Return the same on another device."""
        return TextBatch(
            self.caption.to(device),
            self.masked.to(device),
            self.hidden.to(device),
            self.words.to(device),
            self.said.to(device),
            self.learnt.to(device),
            self.keys.to(device),
            self.right.to(device),
            self.wrong.to(device),
            self.exchanged.to(device),
        )


def draw_told(writings: Sequence[Writing], settings: Chips, length: float, rng: Generator) -> Told:
    """Draw what is told of an image this time: a caption or a few clauses, and maybe a question.

    Parameters
    ----------
    writings : sequence of Writing
        One of them at least says something of the ground.
    settings : Chips
        Say how often it is a detailed caption, and how often a question is asked.
    length : float
        From 0 to below 1: the kind of the text, from the shortest. Texts of one batch are best of
        one kind, since all are padded to the longest.
    """
    spoken = [w for w in writings if w.tells]
    writing = spoken[rng.integers(len(spoken))]
    short = [t for t in (_few(writing.clauses, rng), writing.concise) if t]
    if not short or (writing.detailed and length >= 1 - settings.detailed):
        text = writing.detailed
    else:
        text = short[min(int(length / (1 - settings.detailed) * len(short)), len(short) - 1)]
    prompt, said = "", text
    if writing.questions and rng.random() < settings.answers:
        question = writing.questions[rng.integers(len(writing.questions))]
        prompt, said = question.question, question.answer
    whole = writing.detailed or text
    return Told(text, whole, tuple(keyword_spans(whole, writing.clauses)), prompt, said)


def keyword_spans(text: str, clauses: Sequence[Clause]) -> Iterator[Span]:
    """Yield where the keywords of clauses stand in a text.

    Of clauses that stand in it, but for case and full stop, only there; where none does, as in
    the free words of a language model, anywhere.
    """
    found = [(_find(re.escape(c.text.rstrip(".")), text), c) for c in clauses]
    places = [(part, c) for parts, c in found for part in parts[:1]]
    for (start, end), clause in places or [((0, len(text)), c) for c in clauses]:
        for keyword in clause.keywords:
            whole_words = rf"(?<!\w){re.escape(keyword)}(?!\w)"
            for first, last in _find(whole_words, text[start:end]):
                yield start + first, start + last


def _find(pattern: str, text: str) -> list[Span]:
    return [match.span() for match in re.finditer(pattern, text, re.IGNORECASE)]


def collate_texts(
    told: Sequence[Told],
    images: Sequence[int],
    tokeniser: Tokeniser,
    settings: Chips,
    rngs: Sequence[Generator],
    exchanges: Sequence[Exchange | None],
) -> TextBatch:
    """Turn texts into tokens, hiding some.

    Parameters
    ----------
    images : sequence of int
        Numbers of the images.
    exchanges : sequence of Exchange or None
        Of each text, round by round.
    rngs : sequence of Generator
        One for each text.
    """
    whole = tokeniser.encode([t.whole for t in told])
    hidden = torch.zeros_like(whole.mask)
    for row, (each, rng) in enumerate(zip(told, rngs, strict=True)):
        places = hidden_tokens(whole.spans[row], each.keywords, settings, rng)
        hidden[row, : len(places)] = torch.from_numpy(places)
    ids = whole.ids.masked_fill(hidden, tokeniser.id_of(MASK))
    said = tokeniser.encode([t.said for t in told], start=DEC, prompts=[t.prompt for t in told])
    keys = [(image, _number(t.text)) for image, t in zip(images, told, strict=True)]
    return TextBatch(
        tokeniser.encode([t.text for t in told]),
        Tokens(ids, whole.mask),
        hidden,
        whole.ids[hidden],
        said,
        _learnt(said),
        torch.tensor(keys),
        tokeniser.encode([e.right if e else "" for e in exchanges]),
        tokeniser.encode([e.wrong if e else "" for e in exchanges]),
        torch.tensor([e is not None for e in exchanges]),
    )


def hidden_tokens(
    spans: Sequence[Span], keywords: Sequence[Span], settings: Chips, rng: Generator
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Draw which tokens of a text to hide: whole keywords, and a few of the other tokens.

    Where there are keywords in reach, one is hidden at least.
    """
    starts, ends = (np.array([s[k] for s in spans], dtype=np.int64) for k in (0, 1))
    within = [(starts < end) & (ends > start) & (ends > starts) for start, end in keywords]
    within = [tokens for tokens in within if tokens.any()]
    chosen = rng.random(len(within)) < settings.hidden_keywords
    if len(within) and not chosen.any():
        chosen[rng.integers(len(within))] = True
    hidden = (rng.random(len(starts)) < settings.hidden_words) & (ends > starts)
    for tokens in within:
        hidden &= ~tokens
    for tokens, hide in zip(within, chosen, strict=True):
        hidden |= tokens & hide
    return hidden


def chosen(tokens: Tokens, places: Tensor | slice) -> Tokens:
    """Return the texts at some places."""
    return Tokens(tokens.ids[places], tokens.mask[places])


def joined(parts: Sequence[Tokens]) -> Tokens:
    """Join texts, filled up to the longest."""
    length = max(p.ids.shape[1] for p in parts)
    filled = [_filled(p, length) for p in parts]
    return Tokens(torch.cat([p.ids for p in filled]), torch.cat([p.mask for p in filled]))


def gathered_tokens(tokens: Tokens) -> Tokens:
    """Join the texts of all processes, filled up to the longest."""
    filled = _filled(tokens, longest_of_all(tokens.ids.shape[1], tokens.ids.device))
    return Tokens(gathered(filled.ids), gathered(filled.mask))


def _filled(tokens: Tokens, length: int) -> Tokens:
    more = (0, length - tokens.ids.shape[1])
    return Tokens(functional.pad(tokens.ids, more), functional.pad(tokens.mask, more))


def _few(clauses: Sequence[Clause], rng: Generator) -> str:
    """Draw a few clauses, in their order."""
    count = int(rng.integers(1, _FEW_CLAUSES + 1))
    places = np.sort(rng.permutation(len(clauses))[:count])
    return " ".join(clauses[k].text for k in places)


def _learnt(said: Tokens) -> Tensor:
    """Tell which tokens are to be said: all but those that are given."""
    given = torch.tensor(said.given)[:, None]
    return said.mask & (torch.arange(said.mask.shape[1]) >= given)


def _number(text: str) -> int:
    """Return a number that is the same for the same text in every process."""
    return int.from_bytes(
        hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True
    )
