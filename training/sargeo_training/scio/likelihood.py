"""How likely masked words are, with or without an image."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from sargeo.model.language import LanguagePart
from sargeo.model.tokens import MASK, Tokens
from sargeo_training.crops.text_batches import Span
from sargeo_training.scio.scorer import Floats

Item = TypeVar("Item")

Look = Callable[[Sequence[int]], Tensor]
"""Numbers of N images to their tokens, shape (N, T, width)."""

_Question = tuple[int, tuple[int, ...]]
"""An image, and a text with masks: what is asked only once."""

NO_IMAGE = -1


@torch.inference_mode()
def word_likelihood(
    language: LanguagePart,
    images: Sequence[int],
    texts: Sequence[str],
    spans: Sequence[Sequence[Span]],
    look: Look | None,
    batch_size: int,
) -> Floats:
    """Return the mean log-probability of the tokens of words that were masked together.

    Texts that differ in masked words alone are read once.

    Parameters
    ----------
    language : LanguagePart
    images : sequence of int
        `NO_IMAGE` for each text if there is nothing to look at.
    texts : sequence of str
    spans : sequence of sequence of Span
        Words to mask in each text; those beyond its last token do not count, and 0 is returned
        where none are left.
    look : callable or None
    batch_size : int

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    result = np.zeros(len(texts))
    asked: dict[_Question, list[tuple[int, Tensor]]] = {}
    for k, (image, text, words) in enumerate(zip(images, texts, spans, strict=True)):
        tokens = language.tokeniser.encode([text])
        hidden = hidden_tokens(tokens, words)
        masked = tokens.ids[0].masked_fill(hidden, language.tokeniser.id_of(MASK))
        if hidden.any():
            answer = tokens.ids[0][hidden]
            asked.setdefault((image, tuple(masked.tolist())), []).append((k, answer))
    for questions in in_batches(list(asked), batch_size):
        for question, said in zip(questions, _answers(language, questions, look), strict=True):
            for k, answer in asked[question]:
                result[k] = float(said.gather(1, answer[:, None]).mean())
    return result


def hidden_tokens(tokens: Tokens, spans: Sequence[Span]) -> Tensor:
    """Tell which tokens of one text lie in spans, as bool of shape (L,)."""
    starts, ends = torch.tensor(tokens.spans[0]).T
    hidden = torch.zeros_like(tokens.mask[0])
    for start, end in spans:
        hidden |= (starts < end) & (ends > start) & (ends > starts)
    return hidden


def in_batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Cut a sequence into parts."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _answers(
    language: LanguagePart, questions: Sequence[_Question], look: Look | None
) -> Iterator[Tensor]:
    """Yield for each text log-probabilities (M, vocabulary) of its M masked tokens, on the CPU."""
    device = language.matching_head.weight.device
    length = max(len(ids) for _, ids in questions)
    ids = torch.zeros(len(questions), length, dtype=torch.int64)
    mask = torch.zeros(len(questions), length, dtype=torch.bool)
    for row, (_, text) in enumerate(questions):
        ids[row, : len(text)] = torch.tensor(text)
        mask[row, : len(text)] = True
    visual = look([image for image, _ in questions]) if look else None
    hidden = ids == language.tokeniser.id_of(MASK)
    logits = language.fill(visual, Tokens(ids, mask).to(device), hidden.to(device))
    said = logits.float().log_softmax(1).cpu()
    yield from torch.split(said, hidden.sum(1).tolist())
