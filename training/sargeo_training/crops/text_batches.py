"""Texts of a step as tokens: what is compared, what is masked, and what is to be generated."""

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
from sargeo_training.data.target_text import Clause, TargetText
from sargeo_training.parallel import gathered, longest_of_all
from sargeo_training.settings.config import Chips

Span = tuple[int, int]
"""Characters of a text: from the first to the one after the last."""

_FEW_CLAUSES = 3


@dataclass(frozen=True)
class TextSample:
    """The texts that a step learns of one image.

    Attributes
    ----------
    caption : str
        A caption or a few clauses, to be compared with the image.
    description : str
        All clauses: a masked word has to go with all that is said beside what is seen.
    keywords : tuple of Span
        The words of the description that carry what it claims.
    prompt, target : str
        A question and its answer; or nothing, and the caption.
    """

    caption: str
    description: str
    keywords: tuple[Span, ...]
    prompt: str
    target: str


@dataclass(frozen=True)
class TextBatch:
    """Tokens of N texts.

    Attributes
    ----------
    caption : Tokens
        What is compared with the image, and matched.
    masked : Tokens
        Of descriptions, with tokens hidden: where ``hidden`` (N, M) is true.
    words : Tensor of int64, shape (H,)
        The H tokens that are hidden, text by text.
    target : Tokens
        What is to be generated; the tokens to learn are true in ``learnt`` (N, L).
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
    target: Tokens
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
            self.target.to(device),
            self.learnt.to(device),
            self.keys.to(device),
            self.right.to(device),
            self.wrong.to(device),
            self.exchanged.to(device),
        )


def draw_text(
    target_texts: Sequence[TargetText], settings: Chips, length: float, rng: Generator
) -> TextSample:
    """Draw the texts of an image for a step: a caption or a few clauses, and maybe a question.

    Parameters
    ----------
    target_texts : sequence of TargetText
        One of them at least describes the ground.
    settings : Chips
        Say how often it is a detailed caption, and how often a question is asked.
    length : float
        From 0 to below 1: the kind of the text, from the shortest. Texts of one batch are best of
        one kind, since all are padded to the longest.
    """
    informative = [text for text in target_texts if text.informative]
    text = informative[rng.integers(len(informative))]
    short = [t for t in (_few(text.clauses, rng), text.concise) if t]
    if not short or (text.detailed and length >= 1 - settings.detailed):
        caption = text.detailed
    else:
        caption = short[min(int(length / (1 - settings.detailed) * len(short)), len(short) - 1)]
    prompt, target = "", caption
    if text.questions and rng.random() < settings.answers:
        question = text.questions[rng.integers(len(text.questions))]
        prompt, target = question.question, question.answer
    description = text.detailed or caption
    keywords = tuple(keyword_spans(description, text.clauses))
    return TextSample(caption, description, keywords, prompt, target)


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
    samples: Sequence[TextSample],
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
    descriptions = tokeniser.encode([s.description for s in samples])
    hidden = torch.zeros_like(descriptions.mask)
    for row, (each, rng) in enumerate(zip(samples, rngs, strict=True)):
        places = hidden_tokens(descriptions.spans[row], each.keywords, settings, rng)
        hidden[row, : len(places)] = torch.from_numpy(places)
    ids = descriptions.ids.masked_fill(hidden, tokeniser.id_of(MASK))
    prompts = [s.prompt for s in samples]
    target = tokeniser.encode([s.target for s in samples], start=DEC, prompts=prompts)
    keys = [(image, _number(s.caption)) for image, s in zip(images, samples, strict=True)]
    return TextBatch(
        tokeniser.encode([s.caption for s in samples]),
        Tokens(ids, descriptions.mask),
        hidden,
        descriptions.ids[hidden],
        target,
        _learnt(target),
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


def _learnt(target: Tokens) -> Tensor:
    """Tell which tokens are to be generated: all but those that are given."""
    given = torch.tensor(target.given)[:, None]
    return target.mask & (torch.arange(target.mask.shape[1]) >= given)


def _number(text: str) -> int:
    """Return a number that is the same for the same text in every process."""
    return int.from_bytes(
        hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True
    )
