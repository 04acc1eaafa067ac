"""What a model's language is worth on what it was not trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from sargeo.legend import BARE, BUILT_UP, LAND_COVER, LOW_VEGETATION, OPEN_WATER, TREES
from sargeo.model.knowlip import SarKnowlip
from sargeo.model.language import TEMPLATES
from sargeo.model.spec import Figure
from sargeo_training.crops.batches import make_inputs
from sargeo_training.crops.samples import Sample
from sargeo_training.data.chip import Record
from sargeo_training.data.chips.splits import ground_groups
from sargeo_training.data.material import Material
from sargeo_training.data.target_text import Question, TargetText
from sargeo_training.evaluation.answer_metrics import (
    BLIND,
    Commonest,
    Marked,
    answer_figures,
    asked_of,
    commonest_answers,
    mark,
)
from sargeo_training.evaluation.answering import answer_chips
from sargeo_training.evaluation.gallery import embed_chips, embed_texts
from sargeo_training.evaluation.language_metrics import (
    LanguageReport,
    class_vectors,
    landcover_figures,
    retrieval_figures,
    score_by_text,
)
from sargeo_training.objectives.joint import language_of
from sargeo_training.settings.config import Config
from sargeo_training.text.claims import findings

_NAMES = {c.name: tuple(t.format(c.name) for t in TEMPLATES) for c in LAND_COVER}
_OTHER_WORDS: Mapping[str, str] = {  # none of those that the alignment of cells is trained with
    TREES.name: "dense woods",
    LOW_VEGETATION.name: "arable land and pasture",
    BUILT_UP.name: "a town with industry",
    BARE.name: "rocky desert",
    OPEN_WATER.name: "ocean or reservoir",
}
_WORDINGS = {
    "names of the legend": _NAMES,
    "other words": {c: tuple(t.format(w) for t in TEMPLATES) for c, w in _OTHER_WORDS.items()},
}
_SHOWN = ("water IoU", "mean IoU", "accuracy")

_CAPTIONS: Mapping[str, Callable[[TargetText], str]] = {
    "detailed": lambda target_text: target_text.detailed,
    "concise": lambda target_text: target_text.concise,
}


def measure_language(network: SarKnowlip, config: Config, material: Material) -> LanguageReport:
    """Measure retrieval and answers on held-out real chips, and land cover by text on tiles.

    Parameters
    ----------
    network : SarKnowlip
        With language.
    config : Config
    material : Material
        With chips, and the labelled sources.
    """
    held_out = material.real("holdout").numbers("holdout", with_text=True)
    figures: list[Figure] = []
    if held_out:
        figures += _retrieval(network, config, material, held_out)
        if config.writes:
            figures += _answers(network, config, material, held_out)
    figures += _landcover(network, material)
    return LanguageReport(name=config.card.name, figures=tuple(figures))


def _retrieval(
    network: SarKnowlip, config: Config, material: Material, numbers: Sequence[int]
) -> Iterator[Figure]:
    chips = material.chips
    placed = embed_chips(network, config, chips, numbers)
    unplaced = embed_chips(network, config, chips, numbers, _without_place)
    groups = ground_groups([material.records[k] for k in numbers])
    for kind, caption in _CAPTIONS.items():
        texts = [caption(material.text_of(k)) for k in numbers]
        captions = embed_texts(network, texts)
        for told, images in (("coordinates", placed), ("no coordinates", unplaced)):
            data = f"{kind} captions; {told}"
            yield from retrieval_figures(data, images, captions, texts, groups)


def _answers(
    network: SarKnowlip, config: Config, material: Material, numbers: Sequence[int]
) -> Iterator[Figure]:
    train = material.real("train")
    commonest = commonest_answers(map(train.text_of, train.numbers("train", with_text=True)))
    asked = {k: found for k in numbers if (found := asked_of(material.text_of(k)))}
    words = {k: [question.question for question in found] for k, found in asked.items()}
    said = answer_chips(network, config, material.chips, words)
    marks = [
        _marked(material.records[k], asked[k], texts, commonest)
        for k, texts in zip(asked, said, strict=True)
    ]
    groups = ground_groups([material.records[k] for k in asked])
    for figure in answer_figures(marks, groups):
        if commonest or figure.measure != BLIND:  # nobody knows the commonest answer of none
            yield figure


def _marked(
    record: Record, questions: Sequence[Question], said: Sequence[str], commonest: Commonest
) -> list[Marked]:
    facts = findings(record)
    return [mark(q, text, facts, commonest) for q, text in zip(questions, said, strict=True)]


def _without_place(sample: Sample) -> Sample:
    return replace(sample, lonlat=None)


def _landcover(network: SarKnowlip, material: Material) -> Iterator[Figure]:
    language = language_of(network)
    scale = 1 / language.temperature.item()
    cells = partial(_cells, network)
    for wording, texts in _WORDINGS.items():
        vectors = class_vectors(partial(embed_texts, network), texts)
        tiles = score_by_text(cells, vectors, material.sources, "holdout", scale=scale)
        for figure in landcover_figures(tiles):
            if figure.measure in _SHOWN:
                yield figure.model_copy(update={"data": f"{figure.data}; {wording}"})


@torch.inference_mode()
def _cells(network: SarKnowlip, sample: Sample) -> NDArray[np.float32]:
    """Return the vectors (D, h, w) of the cells of a sample, told as much as the head is."""
    device = next(network.parameters()).device
    inputs = make_inputs([sample]).to(device)
    decoded = network.encode(inputs.pixels, inputs.valid, inputs.context).decoded
    return language_of(network).cells(decoded).values[0].float().cpu().numpy()
