"""What a language model is asked, level by level of the chain.

Every level shows the picture, the evidence of that level and what earlier levels said. The order
is that of FUSAR-KLIP's hierarchical chain of thought (arXiv:2509.23927): place, society, radar,
objects, and a last look at all of it; the words and the evidence are this project's own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from sargeo_training.data.target_text import LEVELS, Claim, Clause, Level
from sargeo_training.text.domains import domain, family_of
from sargeo_training.text.picture import describe_picture
from sargeo_training.text.vocabulary import ARGUMENTS, FACTS

if TYPE_CHECKING:
    from sargeo_training.data.chip import Record

SYSTEM = """\
You describe pictures of synthetic aperture radar (SAR) for analysts who rely on every word.
The evidence was measured in the very chip of ground that the picture shows: it is true. Say what
evidence and picture support, nothing else. Leave out whatever you are not sure of: saying less is
no fault, a wrong word is. Brightness is backscatter, not light: there are no colours of the ground,
no shadows of the sun and no clouds.
You answer with one JSON object and nothing around it."""

_SENTENCES = """\
Answer with {"clauses": [...]}. Each clause has
- "scope": "land" or "target";
- "field": of the land Terrain, Functionality, Distribution, Layout, Boundary, Buildings, Roads or
  Water; of targets Count, Location, Feature, Size, Category, Distribution, Region or Environment;
- "text": one English sentence with a full stop;
- "claims": everything that the sentence claims, as {"fact": key, "value": value}. Facts are listed
  below; a sentence that claims none of them does not belong here. Every number of the sentence is
  the value of a claim;
- "keywords": the words of the sentence that carry its claims, copied letter by letter.
Write up to six clauses, in varied words."""

_CALIBRATION = """\
Answer with {"keep": [...], "questions": [...]}.
- "keep": the numbers of the sentences above that agree with the evidence, with the picture and
  with each other. Of two that contradict each other keep the one that the evidence supports, or
  neither.
- "questions": up to seven questions about the picture that the kept sentences answer, each with
  "application" (description, identification, classification, counting, region referring,
  positioning or others), "question", a short "answer", and "claims" taken from those sentences.
  Every number of an answer is the value of a claim."""

_TASKS: dict[Level, str] = {
    "geoscience": """\
Level 1, geoscience. From where the chip lies and what was measured there, say what the ground is:
relief, climate and land cover, where in the picture each cover lies, how they meet.
Fields: land Terrain, Distribution, Boundary, Water.""",
    "social development": """\
Level 2, social development. Say what people made of this ground: its functions, buildings, roads,
ports and waterways, and how they are laid out.
Fields: land Functionality, Layout, Buildings, Roads, Water.""",
    "SAR knowledge": """\
Level 3, knowledge of radar. Say how what is there scatters, as the evidence tells of this radar:
smooth water away from the sensor, metal and walls back to it, crowns in their volume.
Fields: land Terrain, Distribution, Boundary, Water; target Feature.""",
    "instance identification": """\
Level 4, instances. From the objects that were found and the spacing of the pixels, say how many
objects there are, where, how large and of what kind. Name no object that was not found, and no
absence unless the evidence tells it.
Fields: target Count, Location, Size, Category, Distribution, Region, Environment.""",
    "calibration": """\
Level 5, calibration. Compare all sentences with the evidence, the picture and each other.""",
}


def level_prompt(
    level: Level, record: Record, truths: Mapping[str, Claim], said: Sequence[Clause]
) -> str:
    """Return what one level of the chain is asked about a record.

    Parameters
    ----------
    level : Level
    record : Record
    truths : mapping of fact to Claim
        All that the record's facts let one say.
    said : sequence of Clause
        Sentences of earlier levels that the evidence does not contradict.
    """
    last = level == LEVELS[-1]
    parts = [
        _TASKS[level],
        "\n".join(["About the picture:", *_about(record)]),
        "\n".join(["Evidence:", *(_evidence(level, truths) or ["- none at this level"])]),
        "\n".join(["Said so far:", *(_said(said) or ["- nothing"])]),
        _CALIBRATION if last else _SENTENCES,
    ]
    if not last:
        parts.append("\n".join(["Facts that may be claimed:", *_facts(_claimable(level, record))]))
    return "\n\n".join(parts)


def schema_prompt(schema: Mapping[str, object]) -> str:
    """Return the schema in words, for endpoints that are not given it otherwise."""
    return f"The JSON schema of the answer:\n{json.dumps(schema, ensure_ascii=False)}"


def correction(problem: str) -> str:
    """Return what is asked after an answer that was not valid."""
    return f"That answer was not valid:\n{problem}\nAnswer again, the whole JSON object."


def _about(record: Record) -> Iterable[str]:
    """Say what is known of a picture apart from what it shows."""
    bands = [band.band for band in record.bands]
    yield f"- {describe_picture(bands, named=record.polarisation_known)} Black is nodata."
    if record.crs is None:
        yield "- It is not georeferenced: its top need not be north."
    if record.platform is not None:
        yield f"- Platform: {record.platform}."
    if record.gsd_m is not None:
        yield f"- Pixel spacing: {record.gsd_m[0]:.3g} m by {record.gsd_m[1]:.3g} m."
    if record.incidence_deg is not None:
        yield f"- Incidence angle: {record.incidence_deg:.0f} degrees."
    if record.acquired is not None:
        yield f"- Acquired: {record.acquired:%Y-%m-%d}."
    if record.centre is not None:
        yield f"- Centre: longitude {record.centre[0]:.4f}, latitude {record.centre[1]:.4f}."
    if record.place is not None:
        place = record.place
        yield f"- Nearest place: {place.name}, {place.country}, {place.distance_km:.0f} km away."


def _evidence(level: Level, truths: Mapping[str, Claim]) -> list[str]:
    """Return the evidence of a level; the last one compares with all of it."""
    families = {family_of(fact) for fact in FACTS[level]}
    return [
        f"- {fact} = {claim.value}"
        for fact, claim in truths.items()
        if level == LEVELS[-1] or family_of(fact) in families
    ]


def _said(clauses: Sequence[Clause]) -> list[str]:
    """Return numbered sentences, with level, field and claims."""
    return [
        f"{number}. [{clause.level}; {clause.scope} {clause.field}] {clause.text} "
        f"({'; '.join(f'{claim.fact} = {claim.value}' for claim in clause.claims)})"
        for number, clause in enumerate(clauses, 1)
    ]


def _claimable(level: Level, record: Record) -> dict[str, str]:
    """Return the facts of a level, but polarisations where nobody told them."""
    return {
        fact: meaning
        for fact, meaning in FACTS[level].items()
        if record.polarisation_known or fact != "sar.polarisation"
    }


def _facts(facts: Mapping[str, str]) -> Iterable[str]:
    """List keys with their meaning and the words that they and their arguments take."""
    for fact, meaning in facts.items():
        words = [value for value in domain(fact).values if isinstance(value, str)]
        choice = f" ({', '.join(words)})" if words else ""
        yield f"- {fact}: {meaning}{choice}"
    for argument, choices in ARGUMENTS.items():
        if choices and any(argument in fact for fact in facts):
            yield f"- {argument} is one of {', '.join(choices)}."
