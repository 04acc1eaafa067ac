"""What a run learns from: labelled sources and chips with texts, and the words of both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from sargeo.errors import UsageError
from sargeo.model.tokens import Tokeniser
from sargeo_training.crops.augmentation import augmentations
from sargeo_training.crops.batches import Mixture
from sargeo_training.crops.chip_stream import ChipStream
from sargeo_training.data.material import Material, gather_chips
from sargeo_training.data.sources.every import load_all
from sargeo_training.data.target_text import TargetText
from sargeo_training.engine.streams import Streams
from sargeo_training.images import Source
from sargeo_training.objectives.alignment import all_names
from sargeo_training.settings.config import Config, Stage

Say = Callable[[str], None]


def gather(
    config: Config,
    stages: Sequence[Stage],
    *,
    data: Path | None,
    shards: Path | None,
    say: Say,
) -> Material:
    """Open what stages learn from.

    Raises
    ------
    UsageError
        If a stage needs labelled crops or chips, and none are given.
    """
    sources: Sequence[Source] = ()
    if any(stage.dense for stage in stages):
        if data is None:
            raise UsageError(
                "The settings learn from labelled crops, and no data sets are given.",
                "Give their folder by --data.",
            )
        sources = load_all(data, simulator=config.dense.simulator, polygons=config.dense.polygons)
    if shards is None:
        if not any(stage.chips for stage in stages):
            return Material(sources)
        raise UsageError(
            "The settings learn from whole chips, and none are given.",
            "Give the folder of `sargeo train data` by --shards, or for texts that of "
            "`sargeo train texts`.",
        )
    material = gather_chips(shards, sources, say=say)
    if any(stage.texts for stage in stages):
        _count_undescribed(material, say)
    return material


def _count_undescribed(material: Material, say: Say) -> None:
    """Count aloud the chips that no text is learnt from."""
    chips, described = (len(material.numbers("train", with_text=w)) for w in (False, True))
    if described < chips:
        say(
            f"{chips - described} of {chips} chips to train on have no text that says anything of "
            "their ground: no text is learnt from them."
        )


def streams_of(
    material: Material, config: Config, stage: Stage, tokeniser: Tokeniser | None
) -> Streams:
    """Return what a stage looks at.

    Raises
    ------
    UsageError
        If no chip, or none with a text, is there to train on.
    """
    return Streams(
        mixture(config, material.sources) if stage.dense else None,
        _chip_stream(material, config, stage, tokeniser) if stage.chips else None,
        tokeniser if stage.uses("alignment") else None,
        config.seed,
    )


def mixture(config: Config, sources: Sequence[Source]) -> Mixture:
    """Return the crops that settings ask for."""
    dense = config.dense
    return Mixture(
        sources,
        size=dense.crop_px,
        batch_size=dense.batch_size,
        seed=config.seed,
        steps=augmentations(config.forgetting, sar=dense.sar_augmentation),
        sensors=config.network.sensors,
        codes=config.network.codes,
    )


def _chip_stream(
    material: Material, config: Config, stage: Stage, tokeniser: Tokeniser | None
) -> ChipStream:
    numbers = material.numbers("train", with_text=stage.texts)
    if material.shards is None or not numbers:
        what = "chip with a text" if stage.texts else "chip"
        raise UsageError(
            f"There is no {what} to train on.",
            "Build chips by `sargeo train data`, and texts by `sargeo train texts`.",
        )
    words = tokeniser if stage.texts else None
    return ChipStream(material.shards, numbers, config, words, material.texts_of)


def tokeniser_for(config: Config, material: Material) -> Tokeniser | None:
    """Return the tokeniser of a run: of a list of words, or learnt from what there is to read.

    Raises
    ------
    UsageError
        If the list cannot be read, or stages read texts and there is none to learn words from.
    """
    language, words = config.network.language, config.network.words
    if language is None:
        return None
    if words is None:
        if any(stage.texts for stage in config.stages) and not material.numbers(
            "train", with_text=True
        ):
            raise UsageError(
                "The words of the run are learnt from the texts of its chips, and there are none.",
                "Give the folder that `sargeo train texts` made by --shards.",
            )
        return Tokeniser.train(
            [*_said(material), *all_names()], language.vocabulary, language.max_tokens
        )
    try:
        listed = words.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The list of words {words} cannot be read.", "Give a text file with a word a line."
        ) from error
    return Tokeniser.of_words(listed, language.max_tokens, bert=True)


def _said(material: Material) -> Iterator[str]:
    """Yield every text that may be trained on."""
    for number in material.numbers("train", with_text=True):
        for target_text in material.texts_of(number):
            yield from _texts(target_text)


def _texts(target_text: TargetText) -> Iterable[str]:
    yield from (target_text.concise, target_text.detailed)
    for question in target_text.questions:
        yield from (question.question, question.answer)
