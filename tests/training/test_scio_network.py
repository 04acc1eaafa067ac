"""A network as a scorer, a text tower that screens without images, and the engine as a trainer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from support import training
from support.training import chips, telling_settings, tokeniser

from sargeo.errors import UsageError
from sargeo.model.knowlip import SarKnowlip
from sargeo.model.language import LanguagePart
from sargeo.model.spec import LanguageSpec
from sargeo.model.tokens import MASK, Tokens
from sargeo_training.crops.batches import Inputs
from sargeo_training.crops.chip_stream import ChipStream
from sargeo_training.data.target_text import Claim, Clause, TargetText
from sargeo_training.engine.callbacks import StepLog
from sargeo_training.engine.networks import new_network
from sargeo_training.engine.streams import Streams
from sargeo_training.scio.infilling import infill
from sargeo_training.scio.likelihood import NO_IMAGE, word_likelihood
from sargeo_training.scio.network import NetworkScorer, chips_loader
from sargeo_training.scio.screen import leave_out
from sargeo_training.scio.text_only import TextOnly, negative_log_likelihood
from sargeo_training.scio.texts import Text, domains
from sargeo_training.scio.training import EngineTrainer, refuse_cut
from sargeo_training.settings.config import Stage

TEXTS = ["There are two ships in open water.", "One sees three ships.", "Trees lead."]
CHIPS = chips()
CONFIG = telling_settings(
    network={
        **training.SETTINGS["network"],
        "language": {**training.LANGUAGE, "max_tokens": 320},
        "sensors": ["Sentinel-1"],
    }
)


def network() -> SarKnowlip:
    torch.manual_seed(0)
    return new_network(CONFIG, tokeniser(CONFIG)).eval()


class Loader:
    """Loads chips and counts how often each was loaded."""

    def __init__(self) -> None:
        self.loaded: list[int] = []
        self._load = chips_loader(CHIPS, 64, CONFIG.network.sensors)

    def __call__(self, images: Sequence[int]) -> Inputs:
        self.loaded += images
        return self._load(images)


def span_of(text: str, word: str) -> tuple[tuple[int, int], ...]:
    start = text.index(word)
    return ((start, start + len(word)),)


def test_pairs_are_scored_alike_in_any_company() -> None:
    images, texts = [0, 1, 2, 0], [*TEXTS, TEXTS[1]]
    scorer = NetworkScorer(network(), Loader(), batch_size=2)
    together = scorer.contrast(images, texts), scorer.matching(images, texts)
    for k, (image, text) in enumerate(zip(images, texts, strict=True)):
        alone = NetworkScorer(network(), Loader())
        assert alone.contrast([image], [text])[0] == pytest.approx(together[0][k], abs=1e-5)
        assert alone.matching([image], [text])[0] == pytest.approx(together[1][k], abs=1e-4)
    assert (abs(together[0]) <= 1 + 1e-6).all()
    assert len(set(together[1].round(6))) > 1


def test_an_image_is_encoded_once() -> None:
    loader = Loader()
    scorer = NetworkScorer(network(), loader, batch_size=2)
    images, texts = [0] * 3 + [1] * 3, TEXTS * 2
    scorer.contrast(images, texts)
    scorer.matching(images, texts)
    scorer.likelihood(images, texts, [span_of(t, t.split()[0]) for t in texts])
    assert sorted(loader.loaded) == [0, 1]


def test_likelihood_is_that_of_the_masked_word() -> None:
    language = network().language
    assert language is not None
    text = TEXTS[0]
    found = word_likelihood(language, [NO_IMAGE], [text], [span_of(text, "water")], None, 4)
    tokens = language.tokeniser.encode([text])
    start, end = span_of(text, "water")[0]
    hidden = torch.tensor([[start <= a < end and b > a for a, b in tokens.spans[0]]])
    masked = tokens.ids.masked_fill(hidden, language.tokeniser.id_of(MASK))
    with torch.inference_mode():
        logits = language.fill(None, Tokens(masked, tokens.mask), hidden).log_softmax(1)
    expected = logits.gather(1, tokens.ids[hidden][:, None]).mean()
    assert found[0] == pytest.approx(float(expected), abs=1e-5)


def test_texts_that_differ_in_masked_words_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    language = network().language
    assert language is not None
    read: list[int] = []
    original = LanguagePart.fill

    def fill(
        self: LanguagePart, visual: torch.Tensor | None, tokens: Tokens, places: torch.Tensor
    ) -> torch.Tensor:
        read.append(len(tokens.ids))
        return original(self, visual, tokens, places)

    monkeypatch.setattr(LanguagePart, "fill", fill)
    words = ("1", "2", "3")
    texts = [f"{word} ships are here" for word in words]
    spans = [span_of(text, word) for text, word in zip(texts, words, strict=True)]
    found = word_likelihood(language, [NO_IMAGE] * 3, texts, spans, None, 8)
    assert read == [1]
    assert np.exp(found).sum() < 1


def test_words_beyond_the_last_token_say_nothing() -> None:
    language = network().language
    assert language is not None
    text = "water " * 400 + "trees"
    found = word_likelihood(language, [NO_IMAGE], [text], [span_of(text, "trees")], None, 8)
    assert found.tolist() == [0.0]


def test_a_network_without_language_is_refused() -> None:
    with pytest.raises(ValueError, match="without language"):
        NetworkScorer(new_network(training.settings()), Loader())


def told(number: int, first: str, second: str) -> Text:
    """A text whose two clauses name a value each."""
    clauses = tuple(
        Clause(
            scope="target",
            field="Count",
            level="instance identification",
            text=stem.format(word),
            claims=(Claim(fact="objects.count:ship", value=word),),
            keywords=(word,),
        )
        for stem, word in (("There are {} ships.", first), ("In all I see {} of them.", second))
    )
    return Text(f"chip-{number}", number, clauses)


@pytest.mark.slow
def test_texts_alone_show_contradictions_and_rare_words() -> None:
    words = ("two", "five", "seven")
    texts = [told(k, words[k % 3], words[k % 3]) for k in range(60)]
    spec = LanguageSpec(width=64, depth=1, heads=2, vocabulary=200, max_tokens=32, embedding_dim=8)
    losses: list[float] = []
    model = TextOnly.train(
        texts, spec, steps=200, learning_rate=3e-3, log=lambda _, loss: losses.append(loss)
    )
    assert np.mean(losses[-20:]) < 0.7 * np.mean(losses[:20])
    right, wrong = told(100, "two", "two"), told(101, "two", "five")
    evidence = negative_log_likelihood(model, [right, wrong])
    assert evidence.places == (("chip-100", 0), ("chip-100", 1), ("chip-101", 0), ("chip-101", 1))
    assert evidence.rises[2:].min() > evidence.rises[:2].max() + 2


def trained(folder: Path, said: list[str]) -> NetworkScorer:
    words = tokeniser(CONFIG)

    def streams(target_texts: Mapping[str, TargetText], _: Stage) -> Streams:
        told = ChipStream(
            CHIPS, range(len(CHIPS)), CONFIG, words, lambda k: (target_texts[CHIPS[k].record.id],)
        )
        return Streams(training.crops(CONFIG), told, words)

    trainer = EngineTrainer(
        CONFIG, network, streams, Loader(), lambda _: float(len(said)), said.append
    )
    texts = [Text(c.record.id, k, c.record.target_texts[0].clauses) for k, c in enumerate(CHIPS)]
    scorer = trainer.train(texts, folder / "joint", None)
    evidence = leave_out(scorer, texts)
    assert np.isfinite(evidence.rises).all()
    assert evidence.rises.std(axis=0).min() > 0
    values = domains(texts)
    for one in infill(scorer, texts, {evidence.places[2]}, values):
        assert one.place == evidence.places[2]
    return scorer


@pytest.mark.slow
def test_the_engine_trains_a_scorer_and_does_not_train_it_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = trained(tmp_path, said := [])
    steps: list[int] = []
    monkeypatch.setattr(StepLog, "on_train_batch_end", lambda *_: steps.append(1))
    again = trained(tmp_path, said)
    assert steps == []
    texts = TEXTS[:1] * 3
    np.testing.assert_allclose(first.contrast([0, 1, 2], texts), again.contrast([0, 1, 2], texts))


def test_texts_that_would_be_cut_are_refused() -> None:
    words = tokeniser(CONFIG)
    short, long = (Text(f"chip-{n}", 0, told(n, "two", "two").clauses * n) for n in (1, 40))
    refuse_cut([short], words)
    with pytest.raises(UsageError, match=r"chip-40 has \d+ tokens, and the network reads 318"):
        refuse_cut([short, long], words)
