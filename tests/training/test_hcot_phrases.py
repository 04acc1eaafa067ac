"""Every fact can be put in words, rightly or wrongly, and in the same ways."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sargeo_training.data.facts import SECTORS
from sargeo_training.data.target_text import FIELDS, Claim, Scope
from sargeo_training.text.domains import CLASSES, FAMILIES, SIDES, domain
from sargeo_training.text.grounded import SCOPES, phrase
from sargeo_training.text.phrases import Entry, entries, entry_for
from sargeo_training.text.words import load_table, words_of

ENTRIES = [(s, f, e) for s in SCOPES for f, found in entries(s).items() for e in found]
RANKS = ("1", "2", "3", "4", "5")
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "landcover.among": RANKS,
    "landcover.sector": SECTORS,
    "landcover.side": CLASSES,
    "objects.in_sector": tuple(f"ship@{sector}" for sector in SECTORS),
    "sar.contrast": tuple(f"{a}@{b}" for a, b in product(CLASSES, CLASSES) if a != b),
    "named.name": ("port", "airport", "water body", "canal"),
    "named.where": ("port", "airport", "marina"),
}
COLOURS = r"\b(red|green|blue|yellow|brown|black|white|gr[ae]y|orange|pink|purple|turquoise)\b"
AMERICAN = r"\b(center|color|meters?|kilometers?|gray|harbor|neighbor|favor)\b"
VAGUE = r"\b(may|maybe|might|perhaps|possibly|probably|likely|seems?|various|certain)\b"


def claims_for(entry: Entry, rng: np.random.Generator) -> list[Claim]:
    """Draw claims that an entry words, with any values of their domains."""
    drawn: list[Claim] = []
    shared: dict[str, str] = {}
    for token in entry.claims:
        family, _, argument = token.rstrip("*").partition(":")
        kinds = {"objects": ("ship",), "landcover": CLASSES, "named": ARGUMENTS["named.where"]}
        options = ARGUMENTS.get(family, kinds.get(family.partition(".")[0], ()))
        plain = family in ("landcover.main", "landcover.second", "landcover.pattern") or (
            family in ("landcover.classes", "landcover.shore", "landcover.surface")
        )
        number = 3 if token.endswith("*") else 1
        for k in rng.permutation(len(options))[:number] if options and not plain else [None]:
            name = argument if argument not in ("", "?") else options[k] if k is not None else ""
            if argument == "?":
                name = shared.setdefault("?", name)
            fact = f"{family}:{name}" if name else family
            drawn.append(Claim(fact=fact, value=drawn_value(fact, rng)))
    return drawn


def drawn_value(fact: str, rng: np.random.Generator) -> Any:
    values = domain(fact).values or ("Long Beach", "Aa [north] {b}")
    return values[rng.integers(len(values))]


@given(st.sampled_from(ENTRIES), st.integers(0, 2**32))
def test_any_values_make_a_sentence(entry: tuple[Scope, str, Entry], seed: int) -> None:
    scope, field, pattern = entry
    rng = np.random.default_rng(seed)
    claims = claims_for(pattern, rng)
    clause = phrase(scope, field, claims, rng, evidence=("a map",))
    assert entry_for(scope, field, claims) is pattern
    assert sorted(map(repr, clause.claims)) == sorted(map(repr, claims))
    assert clause.level == pattern.level
    assert clause.evidence == ("a map",)
    assert clause.keywords
    assert all(word in clause.text for word in clause.keywords)
    assert re.fullmatch(r"[A-Z0-9ÅÎ][^{}\[\]]*\.", clause.text), clause.text
    assert "  " not in clause.text


def test_every_sentence_of_a_pattern_is_used() -> None:
    for scope, field, entry in ENTRIES:
        rng = np.random.default_rng(0)
        claims = claims_for(entry, rng)
        texts = {phrase(scope, field, claims, rng).text for _ in range(60)}
        assert len(texts) >= len(entry.stems_for(entry.ordered(claims))), (scope, field, entry)


def test_every_field_has_patterns_and_every_fact_a_place() -> None:
    for scope in SCOPES:
        assert tuple(entries(scope)) == FIELDS[scope]
    worded = {token.rstrip("*").partition(":")[0] for _, _, e in ENTRIES for token in e.claims}
    assert worded == set(FAMILIES)


@given(st.integers(0, 2**32), st.sampled_from(["close", "far"]))
def test_a_wrong_value_changes_nothing_but_its_own_words(seed: int, value: str) -> None:
    right, wrong = (np.random.default_rng(seed) for _ in range(2))
    claims = [[Claim(fact="objects.spread:ship", value=v)] for v in ("loose", value)]
    true = phrase("target", "Distribution", claims[0], right)
    false = phrase("target", "Distribution", claims[1], wrong)
    assert true.text.replace(true.keywords[-1], "") == false.text.replace(false.keywords[-1], "")
    assert true.text != false.text
    assert right.random() == wrong.random()


def test_values_of_other_length_leave_the_same_random_state() -> None:
    states = set()
    for number in (0, 1, 7, 250):
        rng = np.random.default_rng(3)
        phrase("target", "Count", [Claim(fact="objects.count:ship", value=number)], rng)
        states.add(rng.random())
    assert len(states) == 1


@pytest.mark.parametrize(("number", "verb"), [(0, "are"), (1, "is"), (2, "are"), (30, "are")])
def test_verbs_follow_the_number(number: int, verb: str) -> None:
    claim = Claim(fact="objects.count:ship", value=number)
    texts = [phrase("target", "Count", [claim], np.random.default_rng(k)).text for k in range(60)]
    about = [text for text in texts if text.startswith("There ")]
    noun = r"(ship|vessel)" if number == 1 else r"(ships|vessels)"
    assert about
    assert all(re.fullmatch(rf"There {verb} .* {noun} in the scene\.", text) for text in about)


@pytest.mark.parametrize(
    ("fact", "value", "words"),
    [
        ("objects.count:ship", 0, ["[no]", "[no]"]),
        ("objects.count:ship", 12, ["[twelve]", "[12]"]),
        ("objects.count:ship", 37, ["about [35]", "some [35]"]),
        ("objects.count:ship", 264, ["about [260]", "some [260]"]),
        ("objects.in_sector:ship@top", 0, ["[none]", "[none]"]),
        ("landcover.share:trees", 35, ["about [35 %]", "[35 per cent]", "about [a third]"]),
        ("landcover.share:trees", 100, ["[all]", "the [whole]", "[100 %]"]),
        ("objects.longest:ship", 180, ["[180 m]", "[180 metres]"]),
        ("sar.spacing", 1, ["[1 m]", "[1 metre]"]),
        ("sar.extent", 2560, ["[2.6 km]", "[2.6 kilometres]"]),
        ("place.near", "A [b]", ["[A b]"]),
        ("landcover.main", "snow", ["[snow]"]),
    ],
)
def test_words_of_values(fact: str, value: Any, words: list[str]) -> None:
    assert [word.text for word in words_of(Claim(fact=fact, value=value))] == words


def test_no_two_values_share_a_keyword() -> None:
    for family in FAMILIES:
        owner: dict[str, Any] = {}
        numbers = [v for v in domain(family).values if isinstance(v, str) or v <= 20]
        for value in numbers:
            for word in words_of(Claim(fact=family, value=value)):
                for keyword in re.findall(r"\[(.*?)\]", word.text):
                    assert owner.setdefault(keyword, value) == value, (family, keyword)


def test_a_field_without_such_a_sentence_refuses() -> None:
    claim = Claim(fact="landcover.main", value="trees")
    with pytest.raises(ValueError, match=r"land Roads words landcover\.main"):
        phrase("land", "Roads", [claim], np.random.default_rng(0))


@pytest.mark.parametrize("table", ["land", "target", "questions", "words"])
@pytest.mark.parametrize("banned", [COLOURS, AMERICAN, VAGUE])
def test_texts_name_no_colours_and_nothing_vague(table: str, banned: str) -> None:
    assert not re.findall(banned, repr(load_table(f"{table}.yaml")), re.IGNORECASE)


def test_sides_and_sectors_are_told_apart() -> None:
    sides = {w.text for s in SIDES for w in words_of(Claim(fact="landcover.side:trees", value=s))}
    places = {w.text for s in SECTORS for w in words_of(Claim(fact="objects.at:ship", value=s))}
    assert not sides & places
