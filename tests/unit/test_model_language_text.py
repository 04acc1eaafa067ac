"""The text tower and what it says: what results may depend on, and what they may not."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from support.language import TEXTS, tiny_language_network, tiny_language_spec, tiny_tokeniser
from torch import Tensor
from torch.nn import functional

from sargeo.model.language import LanguagePart
from sargeo.model.tokens import DEC, SEP, Tokens

pytestmark = pytest.mark.usefixtures("without_gradients")


@pytest.fixture
def without_gradients() -> object:
    with torch.no_grad():
        yield


@pytest.fixture(scope="module")
def language() -> LanguagePart:
    part = tiny_language_network().language
    assert part is not None
    return part


def visual(language: LanguagePart, n: int, side: int = 16) -> Tensor:
    decoded = torch.randn(n, 8, side, side, generator=torch.Generator().manual_seed(5))
    return language.visual_tokens(decoded)


def padded(tokens: Tokens, by: int) -> Tokens:
    return replace(
        tokens,
        ids=functional.pad(tokens.ids, (0, by), value=3),
        mask=functional.pad(tokens.mask, (0, by)),
    )


def after_first(tokens: Tokens) -> Tensor:
    return tokens.mask & (torch.arange(tokens.mask.shape[1]) > 0)


def test_shapes(language: LanguagePart) -> None:
    tokens, spec = language.tokeniser.encode(TEXTS), language.spec
    image = visual(language, len(TEXTS))
    length = tokens.ids.shape[1]
    assert image.shape == (len(TEXTS), 16, spec.width)
    assert language.text(tokens).shape == (len(TEXTS), length, spec.width)
    assert language.match(image, tokens).shape == (len(TEXTS), 2)
    wanted = (int(tokens.mask.sum()), spec.vocabulary)
    assert language.fill(image, tokens, tokens.mask).shape == wanted
    assert language.continuation(image, tokens, after_first(tokens)).shape == (
        wanted[0] - len(TEXTS),
        wanted[1],
    )
    embedded = language.embed_text(tokens)
    assert embedded.shape == (len(TEXTS), spec.embedding_dim)
    torch.testing.assert_close(embedded.norm(dim=1), torch.ones(len(TEXTS)))


def test_padding_and_company_change_nothing(language: LanguagePart) -> None:
    together = language.tokeniser.encode(TEXTS)
    image = visual(language, len(TEXTS))
    for i, text in enumerate(TEXTS):
        alone = language.tokeniser.encode([text])
        length = alone.ids.shape[1]
        for causal in (False, True):
            expected = language.text(alone, visual=image[i : i + 1], causal=causal)[0]
            found = language.text(together, visual=image, causal=causal)[i, :length]
            torch.testing.assert_close(found, expected)
            more = language.text(padded(alone, 7), visual=image[i : i + 1], causal=causal)
            torch.testing.assert_close(more[0, :length], expected)
        matched = language.match(image, together)[i]
        torch.testing.assert_close(matched, language.match(image[i : i + 1], alone)[0])


def test_several_texts_can_be_held_against_one_image(language: LanguagePart) -> None:
    tokens = language.tokeniser.encode(TEXTS)
    image, places = visual(language, 2), torch.arange(len(TEXTS)) % 2
    expected = language.match(image[places], tokens)
    torch.testing.assert_close(language.match(image, tokens, places), expected)


def test_a_summary_is_what_the_first_token_says(language: LanguagePart) -> None:
    tokens = language.tokeniser.encode(TEXTS)
    for image in (None, visual(language, len(TEXTS))):
        whole = language.text(tokens, visual=image)[:, 0]
        torch.testing.assert_close(language.text.summary(tokens, visual=image), whole)


def test_words_are_told_at_the_places_asked_for(language: LanguagePart) -> None:
    tokens = language.tokeniser.encode(TEXTS)
    image, where = visual(language, len(TEXTS)), after_first(tokens)
    where &= torch.rand(where.shape, generator=torch.Generator().manual_seed(0)) < 0.4
    for call, causal in ((language.fill, False), (language.continuation, True)):
        features = language.text(tokens, visual=image, causal=causal)
        everywhere = language.word_head(features, language.text.words.weight)
        if causal:  # of the token that comes next
            everywhere = everywhere.roll(1, 1)
        torch.testing.assert_close(call(image, tokens, where), everywhere[where])


@pytest.mark.parametrize("causal", [True, False])
def test_only_a_reader_knows_what_comes_later(language: LanguagePart, causal: bool) -> None:
    tokens = language.tokeniser.encode(TEXTS[:1], start=DEC)
    changed = replace(tokens, ids=tokens.ids.clone())
    changed.ids[0, 5] = language.tokeniser.id_of("ships")
    image = visual(language, 1)
    before, after = (language.text(t, visual=image, causal=causal) for t in (tokens, changed))
    same = (before == after).all(2)[0]
    assert bool(same[:5].all()) is causal
    assert not same[5:].any()


def test_writing_has_self_attention_of_its_own(language: LanguagePart) -> None:
    tokens = language.tokeniser.encode(TEXTS)
    one = replace(tokens, ids=tokens.ids[:, :1], mask=tokens.mask[:, :1])
    # A single token sees itself alone either way: what differs is the weights.
    assert not torch.allclose(language.text(one), language.text(one, causal=True))


def test_the_image_reaches_every_answer(language: LanguagePart) -> None:
    tokens = language.tokeniser.encode(TEXTS[:1])
    one, other = visual(language, 2).split(1)
    where = after_first(tokens)
    assert not torch.allclose(language.match(one, tokens), language.match(other, tokens))
    for call in (language.fill, language.continuation):
        assert not torch.allclose(call(one, tokens, where), call(other, tokens, where))
        assert not torch.allclose(call(one, tokens, where), call(None, tokens, where))


def test_visual_tokens_know_their_place(language: LanguagePart) -> None:
    same = language.visual_tokens(torch.ones(1, 8, 16, 24))
    assert same.shape[1] == 4 * 6
    assert len(same[0].unique(dim=0)) == 4 * 6


def test_places_are_shares_of_the_window(language: LanguagePart) -> None:
    small, large = (language.visual_tokens(torch.ones(1, 8, s, s))[0] for s in (8, 24))
    torch.testing.assert_close(small[0], large[7])  # the centres of the upper left quarters


def by_hand(language: LanguagePart, image: Tensor, prompt: Tokens, steps: int) -> list[str]:
    """Write texts one by one, reading all from the start for each token."""
    texts = []
    for i, given in enumerate(prompt.given):
        ids = prompt.ids[i : i + 1, :given]
        for _ in range(steps):
            ids = functional.pad(ids, (0, 1))
            tokens, last = Tokens(ids, torch.ones_like(ids, dtype=torch.bool)), ids.shape[1] - 1
            where = torch.arange(ids.shape[1])[None] == last
            logits = language.continuation(image[i : i + 1], tokens, where)
            ids[0, -1] = logits.masked_fill(language.unsayable, -torch.inf).argmax()
        texts.append(language.tokeniser.decode(ids[0, given:].tolist()))
    return texts


def test_remembering_says_the_same_as_reading_again(language: LanguagePart) -> None:
    prompt = language.tokeniser.prompts(["", "is there a harbour?", "where?"])
    image = visual(language, 3)
    said = language.generate(image, prompt, 12)
    assert said == by_hand(language, image, prompt, 12)
    assert len(set(said)) == 3


def test_a_text_ends_where_the_model_ends_it(language: LanguagePart) -> None:
    image = visual(language, 2)
    prompt = language.tokeniser.prompts(["", "how many?"])
    bias, end = language.word_head.bias, language.tokeniser.id_of(SEP)
    bias[end] += 1e3
    try:
        assert language.generate(image, prompt, 12) == ["", ""]
    finally:
        bias[end] -= 1e3


def test_marks_are_never_said(language: LanguagePart) -> None:
    bias = language.word_head.bias
    unsayable = list(language.tokeniser.unsayable)
    bias[unsayable] += 1e3
    try:
        (said,) = language.generate(visual(language, 1), language.tokeniser.prompts([""]), 8)
    finally:
        bias[unsayable] -= 1e3
    assert said


def test_there_is_room_for_so_many_tokens_and_no_more(language: LanguagePart) -> None:
    prompt = language.tokeniser.prompts(["how many ships are there? " * 20])
    assert prompt.ids.shape[1] == language.spec.max_tokens // 2
    longest = language.generate(visual(language, 1), prompt, 10_000)
    assert longest == language.generate(visual(language, 1), prompt, language.spec.max_tokens // 2)


def test_the_temperature_starts_as_blips_and_stays_in_its_bounds(language: LanguagePart) -> None:
    assert language.temperature.item() == pytest.approx(0.07)
    start = language.warmth.item()
    for value, bound in ((-50.0, 0.001), (50.0, 0.5)):
        language.warmth.fill_(value)
        assert language.temperature.item() == pytest.approx(bound)
    language.warmth.fill_(start)


def test_a_network_and_a_tokeniser_that_do_not_fit_are_refused() -> None:
    spec = tiny_language_spec().language
    assert spec is not None
    small = spec.model_copy(update={"vocabulary": 100})
    short = spec.model_copy(update={"max_tokens": 32})
    for narrow in (small, short):
        with pytest.raises(ValueError, match="does not fit"):
            LanguagePart(narrow, 8, tiny_tokeniser())


def test_it_works_in_bfloat16(language: LanguagePart) -> None:
    tokens, image = language.tokeniser.encode(TEXTS), visual(language, len(TEXTS))
    with torch.autocast("cpu", torch.bfloat16):
        filled = language.fill(image, tokens, tokens.mask)
        said = language.generate(image, language.tokeniser.prompts(TEXTS), 4)
        embedded = language.embed_text(tokens)
    assert (filled.dtype, embedded.dtype) == (torch.bfloat16, torch.float32)
    assert len(said) == len(TEXTS)
    exact = language.fill(image, tokens, tokens.mask)
    torch.testing.assert_close(filled.float(), exact, atol=0.1, rtol=0.1)
