"""Models that know texts, and the texts that users give them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from sargeo.errors import UsageError
from sargeo.model.api import SarModel
from sargeo.model.language import TEMPLATES
from sargeo.model.registry import load_model

_MARKS = 2
"""Tokens around a text."""

MOST_TEXTS = 100
"""Classes of one map; more could not be told apart by colour."""


def speaking_model(model: SarModel | str | Path, device: str) -> SarModel:
    """Load a model that knows texts.

    Raises
    ------
    sargeo.errors.SargeoError
        If it cannot be loaded, or knows no texts.
    """
    loaded = model if isinstance(model, SarModel) else load_model(model, device)
    _ = loaded.language  # raises where there is none
    return loaded


def writing_model(model: SarModel | str | Path, device: str) -> SarModel:
    """Load a model that describes and answers.

    Raises
    ------
    sargeo.errors.SargeoError
        If it cannot be loaded, or does not write.
    """
    loaded = speaking_model(model, device)
    _ = loaded.writer  # raises where it has not learnt to
    return loaded


def clean_texts(texts: Sequence[str]) -> tuple[str, ...]:
    """Return texts without space around them.

    Raises
    ------
    UsageError
        If there are none or too many, or one is empty or given twice.
    """
    cleaned = tuple(" ".join(text.split()) for text in texts)
    if not cleaned or "" in cleaned:
        raise UsageError(
            "A text is empty." if cleaned else "No text was given.",
            'Say in words what to look for, such as "open water".',
        )
    if twice := sorted({text for text in cleaned if cleaned.count(text) > 1}):
        raise UsageError(f"The text {twice[0]!r} was given twice.", "Give each text once.")
    if len(cleaned) > MOST_TEXTS:
        raise UsageError(
            f"{len(cleaned)} texts are too many for one run.", f"Give at most {MOST_TEXTS}."
        )
    return cleaned


def text_vectors(model: SarModel, texts: Sequence[str]) -> Tensor:
    """Return a vector of unit length for each text, averaged over `TEMPLATES`; shape (K, D).

    Raises
    ------
    UsageError
        If a text is longer than the model reads.
    """
    tokeniser = model.language.tokeniser
    room = tokeniser.max_tokens - _MARKS
    for text in texts:
        longest = max(tokeniser.count(template.replace("{}", text)) for template in TEMPLATES)
        _refuse_long(text, longest, room)
    sentences = [template.replace("{}", text) for text in texts for template in TEMPLATES]
    vectors = model.embed_texts(sentences).astype(np.float32)
    mean = vectors.reshape(len(texts), len(TEMPLATES), -1).mean(axis=1)
    mean /= np.linalg.norm(mean, axis=1, keepdims=True)
    return torch.from_numpy(mean).to(model.device)


def refuse_long_question(model: SarModel, question: str) -> None:
    """Refuse a question that the model would cut.

    Raises
    ------
    UsageError
    """
    tokeniser = model.language.tokeniser
    _refuse_long(question, tokeniser.count(question), tokeniser.max_tokens // 2 - _MARKS)


def _refuse_long(text: str, count: int, room: int) -> None:
    if count > room:
        raise UsageError(
            f"The text {text[:40]!r}… is {count - room} word pieces longer than the model reads.",
            "Say it in fewer words.",
        )
