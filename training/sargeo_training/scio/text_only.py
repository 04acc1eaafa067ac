"""The screener to beat: it judges clauses by the texts alone, without any image.

A masked language model of the text tower's own shape learns the very texts that are screened. A
clause is the more suspect the less likely its least likely keyword is, given the rest of the text
(pseudo-likelihood, Salazar et al. 2020). So it knows which values are common, which go together,
and when two clauses contradict each other. Its threshold is chosen as the others are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from sargeo.model.language import LanguagePart
from sargeo.model.spec import LanguageSpec
from sargeo.model.tokens import MASK, Tokeniser, Tokens
from sargeo_training.crops.text_batches import Span, hidden_tokens, keyword_spans
from sargeo_training.engine.networks import schedule
from sargeo_training.scio.likelihood import NO_IMAGE, word_likelihood
from sargeo_training.scio.scorer import Floats, WordScorer
from sargeo_training.scio.screen import Evidence, group_of
from sargeo_training.scio.texts import Text
from sargeo_training.settings.config import Chips

BATCH = 32

_MASKING = Chips(hidden_keywords=0.3)  # fewer than with an image: the rest has to tell
_WARMUP, _GRADIENT_NORM = 0.05, 1.0


class TextOnly:
    """A masked language model of texts; see `sargeo_training.scio.scorer.WordScorer`.

    Parameters
    ----------
    language : LanguagePart
        Trained; what it has for images is not used.
    """

    def __init__(self, language: LanguagePart) -> None:
        self._language = language.eval()

    @classmethod
    def train(
        cls,
        texts: Sequence[Text],
        spec: LanguageSpec,
        *,
        steps: int,
        learning_rate: float = 1e-3,
        seed: int = 0,
        log: Callable[[int, float], None] = lambda _step, _loss: None,
    ) -> TextOnly:
        """Learn to fill masked words of texts.

        Parameters
        ----------
        texts : sequence of Text
            Those that are to be screened.
        spec : LanguageSpec
            Shape of the text tower, as in the model that it is compared with.
        steps : int
            Of `BATCH` texts.
        learning_rate : float
            At its highest.
        seed : int
            Of weights, order and masks.
        log : callable
            Told step and loss.
        """
        captions = [text.caption() for text in texts]
        keywords = [tuple(keyword_spans(text.caption(), text.clauses)) for text in texts]
        language = _new_language(captions, spec, seed)
        learnt = list(language.text.parameters()) + list(language.word_head.parameters())
        optimiser = torch.optim.AdamW(learnt, weight_decay=0.05)
        rng = np.random.default_rng(seed)
        for step in range(steps):
            for group in optimiser.param_groups:
                group["lr"] = learning_rate * schedule(step / steps, _WARMUP)
            drawn = rng.integers(len(captions), size=BATCH)
            loss = _loss(language, [captions[k] for k in drawn], [keywords[k] for k in drawn], rng)
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            torch.nn.utils.clip_grad_norm_(learnt, _GRADIENT_NORM)
            optimiser.step()
            log(step, loss.item())
        return cls(language)

    def likelihood(self, texts: Sequence[str], spans: Sequence[Sequence[Span]]) -> Floats:
        """Return the mean log-probability of words that were masked together, shape (n,)."""
        nowhere = [NO_IMAGE] * len(texts)
        return word_likelihood(self._language, nowhere, texts, spans, None, BATCH)


def negative_log_likelihood(words: WordScorer, texts: Sequence[Text]) -> Evidence:
    """Return for each clause how unlikely its least likely keyword is.

    Keywords are masked one at a time, the rest of the text being given. A clause without keywords
    is not judged.
    """
    asked = [
        (text, k, span)
        for text in texts
        for k in range(len(text.clauses))
        for span in text.keyword_spans(k)
    ]
    found = words.likelihood([t.caption() for t, _, _ in asked], [[span] for _, _, span in asked])
    worst: dict[tuple[str, int], float] = {}
    groups: list[str] = []
    for (text, k, _), value in zip(asked, found, strict=True):
        if (text.id, k) not in worst:
            groups.append(group_of(text.clauses[k]))
        worst[text.id, k] = max(worst.get((text.id, k), -np.inf), -float(value))
    rises = np.array(list(worst.values()))[:, None]
    return Evidence(tuple(worst), tuple(groups), ("surprise",), -rises, rises)


def _new_language(captions: Sequence[str], spec: LanguageSpec, seed: int) -> LanguagePart:
    tokeniser = Tokeniser.train(captions, spec.vocabulary, spec.max_tokens)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return LanguagePart(spec, decoder_dim=1, tokeniser=tokeniser)


def _loss(
    language: LanguagePart,
    captions: Sequence[str],
    keywords: Sequence[Sequence[Span]],
    rng: np.random.Generator,
) -> Tensor:
    tokens = language.tokeniser.encode(captions)
    hidden = torch.zeros_like(tokens.mask)
    for row, (spans, words) in enumerate(zip(tokens.spans, keywords, strict=True)):
        places = hidden_tokens(spans, words, _MASKING, rng)
        hidden[row, : len(places)] = torch.from_numpy(places)
    masked = tokens.ids.masked_fill(hidden, language.tokeniser.id_of(MASK))
    logits = language.fill(None, Tokens(masked, tokens.mask), hidden)
    return functional.cross_entropy(logits, tokens.ids[hidden])
