"""Sentences with gaps, which claims they word, and how the gaps are filled.

The tables under ``tables/`` hold the sentences; their heads say how they are written.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import combinations, product

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from sargeo_training.data.target_text import Claim, Level, Scope
from sargeo_training.text.domains import arguments_of, domain, family_of
from sargeo_training.text.words import (
    Word,
    argument_words,
    kind_words,
    load_table,
    words_of,
)

DRAWS = 16
"""Numbers drawn for each wording, used or not: a wrong value shifts none of the later draws."""

_GAP = re.compile(r"\{(\w+)(?:\.(\w+))?(?::([^{}|]*)\|([^{}|]*))?\}")
_KEYWORD = re.compile(r"\[([^\]]*)\]")
_LISTED = (2, 3)
_MOST_LISTED = 5


Families = Mapping[str, Sequence[Claim]]


def by_family(claims: Iterable[Claim]) -> Families:
    """Return claims by their family."""
    families: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        families[family_of(claim.fact)].append(claim)
    return families


class Pattern(BaseModel):
    """Which claims a sentence words, and the ways to word them: see ``tables/land.yaml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    claims: tuple[str, ...] = Field(min_length=1)
    stems: tuple[str, ...] = ()
    special: dict[str, tuple[str, ...]] = {}
    items: tuple[str, ...] = ()
    whole: bool = False
    fallback: bool = False

    @model_validator(mode="after")
    def _of_known_facts(self) -> Pattern:
        for token in self.claims:
            domain(token.rstrip("*"))
        return self

    @cached_property
    def families(self) -> tuple[str, ...]:
        """The families of its claims."""
        return tuple(family_of(token.rstrip("*")) for token in self.claims)

    def fits(self, claims: Sequence[Claim]) -> bool:
        """Whether this words exactly these claims."""
        groups = by_family(claims)
        tokens = dict(zip(self.families, self.claims, strict=True))
        if groups.keys() != tokens.keys():
            return False
        pairs = [(tokens[family], found) for family, found in groups.items()]
        return all(_accepts(token, found) for token, found in pairs) and _agree(pairs)

    def choices(self, truths: Families) -> list[tuple[Claim, ...]]:
        """Return the sets of claims, given `by_family`, that this can word."""
        if not all(family in truths for family in self.families):
            return []
        options = [
            list(self._options(token, truths[family]))
            for token, family in zip(self.claims, self.families, strict=True)
        ]
        return [
            tuple(claim for part in parts for claim in part)
            for parts in product(*options)
            if _agree(list(zip(self.claims, parts, strict=True)))
        ]

    def ordered(self, claims: Iterable[Claim]) -> list[Claim]:
        """Return claims in the order of the pattern."""
        return sorted(claims, key=lambda claim: self.families.index(family_of(claim.fact)))

    def stems_for(self, claims: Sequence[Claim]) -> tuple[str, ...]:
        """Return the sentences for the values of these claims."""
        special = (self.special.get(str(claim.value)) for claim in claims)
        return next((stems for stems in special if stems), self.stems)

    def _options(self, token: str, claims: Sequence[Claim]) -> Iterator[tuple[Claim, ...]]:
        if not token.endswith("*"):
            yield from ((claim,) for claim in claims if _accepts(token, [claim]))
            return
        listed = [claim for claim in claims if claim.value != 0]
        if self.whole:
            if _LISTED[0] <= len(listed) <= _MOST_LISTED:
                yield tuple(listed)
            return
        for size in _LISTED:
            lists = combinations(listed, size)
            yield from (some for some in lists if len({c.value for c in some}) == size)


class Entry(Pattern):
    """A pattern of a field."""

    level: Level


def _accepts(token: str, claims: Sequence[Claim]) -> bool:
    """Whether a token stands for claims: of its family, its argument and number."""
    if token.endswith("*"):
        return len(claims) > 1 and all(family_of(c.fact) == token[:-1] for c in claims)
    family, _, argument = token.partition(":")
    if len(claims) != 1 or family_of(claims[0].fact) != family:
        return False
    return argument in ("", "?") or argument == claims[0].fact.partition(":")[2]


def _agree(pairs: Sequence[tuple[str, Sequence[Claim]]]) -> bool:
    """Whether all claims of tokens that end in ``:?`` have the same argument."""
    shared = {
        c.fact.partition(":")[2] for token, found in pairs if token.endswith(":?") for c in found
    }
    return len(shared) <= 1


@cache
def entries(scope: Scope) -> dict[str, tuple[Entry, ...]]:
    """Return the patterns of each field of a scope."""
    table = TypeAdapter(dict[str, tuple[Entry, ...]])
    return table.validate_python(load_table(f"{scope}.yaml"))


def entry_for(scope: Scope, name: str, claims: Sequence[Claim]) -> Entry:
    """Return the pattern of a field that words exactly these claims.

    Raises
    ------
    ValueError
        If the field has none.
    """
    for entry in entries(scope).get(name, ()):
        if entry.fits(claims):
            return entry
    facts = ", ".join(claim.fact for claim in claims)
    raise ValueError(f"no sentence of {scope} {name} words {facts}")


@dataclass
class Wording:
    """One way to word claims: gaps of the same name are filled in the same way.

    Parameters
    ----------
    claims
        In the order of their pattern.
    rng
        Gives `DRAWS` numbers, whatever the claims.
    """

    claims: Sequence[Claim]
    rng: np.random.Generator
    _chosen: dict[tuple[str, str], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._draws = iter(self.rng.random(DRAWS))

    def choose(self, options: Sequence[str]) -> str:
        """Choose one of several sentences."""
        return options[int(next(self._draws) * len(options))]

    def fill(
        self, stem: str, items: Sequence[str] = (), *, sentence: bool = True
    ) -> tuple[str, tuple[str, ...]]:
        """Fill the gaps; return the text, a capital first if it is a sentence, and its keywords."""
        if items:
            listed = self._listed(self.choose(items))
            stem = re.sub(r"\{[Ii]tems\}", lambda _: listed, stem)
        filled = self._filled(stem, self.claims)
        marked = _capitalised(filled) if sentence else filled
        keywords = tuple(dict.fromkeys(_KEYWORD.findall(marked)))
        return _KEYWORD.sub(r"\1", marked), keywords

    def _listed(self, item: str) -> str:
        name = _GAP.search(item)
        family = name.group(1) if name else ""
        parts = [self._filled(item, [c]) for c in self.claims if _short(c.fact) == family]
        return f"{', '.join(parts[:-1])} and {parts[-1]}"

    def _filled(self, stem: str, claims: Sequence[Claim]) -> str:
        def words(gap: re.Match[str]) -> str:
            name, part, one, many = gap.groups()
            claim = next(c for c in claims if _short(c.fact) == name.lower())
            word = self._word(claim, part or "")
            if one is None:
                return word.text
            return many if word.plural else one

        return _GAP.sub(words, stem)

    def _word(self, claim: Claim, part: str) -> Word:
        key = (family_of(claim.fact), part)
        if key not in self._chosen:
            self._chosen[key] = next(self._draws)
        options = _ways(claim, part)
        return options[int(self._chosen[key] * len(options))]


def _ways(claim: Claim, part: str) -> tuple[Word, ...]:
    """Return the words for one part of a claim."""
    if part in ("one", "many"):
        return kind_words(arguments_of(claim.fact)[0], many=part == "many")
    if part == "digits":
        return (Word(f"[{claim.value}]"),)
    if part:
        return argument_words(claim, ("of", "other").index(part))
    return words_of(claim)


def _short(fact: str) -> str:
    return family_of(fact).partition(".")[2]


def _capitalised(text: str) -> str:
    start = re.search(r"\w", text)
    at = start.start() if start else 0
    return text[:at] + text[at : at + 1].upper() + text[at + 1 :]
