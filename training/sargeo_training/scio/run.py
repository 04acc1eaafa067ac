"""Rounds on a folder of chips with texts, and what they were worth.

Thresholds need texts of which it is known what is wrong. So a share of the chips gets true texts,
from their facts, of which a fifth of the clauses is made wrong; all other texts are cleaned as they
are. To measure the method, all texts are such, with errors of a given share; the same share of the
chips then chooses thresholds, and figures are of the others.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from sargeo.errors import UsageError
from sargeo.model.knowlip import SarKnowlip
from sargeo.model.spec import Figure
from sargeo.products.files import write_text
from sargeo_training.engine.checkpoints import load_best
from sargeo_training.engine.config import Config, Stage
from sargeo_training.engine.material import Material, gather, streams_of, tokeniser_for
from sargeo_training.engine.networks import new_network
from sargeo_training.engine.run import settle
from sargeo_training.engine.streams import Streams
from sargeo_training.engine.telling import language_of
from sargeo_training.engine.validation import stage_score
from sargeo_training.geovl.record import Record
from sargeo_training.geovl.shards import Shards
from sargeo_training.hcot.grounded import write
from sargeo_training.hcot.writing import Writing
from sargeo_training.report import figure_table
from sargeo_training.scio.corrupt import SHARE, corrupt
from sargeo_training.scio.decisions import read_decisions, refilled_of, suspects_of
from sargeo_training.scio.measures import refill_figures, screening_figures, tallies
from sargeo_training.scio.network import chips_loader
from sargeo_training.scio.rounds import DECISIONS, Rounds, reconstruction_of
from sargeo_training.scio.texts import Text
from sargeo_training.scio.thresholds import Calibration
from sargeo_training.scio.training import EngineTrainer
from sargeo_training.scio.truth import HiddenTruth

STAGES = ("joint", "screening", "reconstruction")
CALIBRATION_SHARE = 0.2

_REMEDY = "Take scio.yaml, or a copy of it with other values."

Say = Callable[[str], None]


@dataclass(frozen=True)
class Posed:
    """Texts to clean.

    Attributes
    ----------
    texts : list of Text
    truth : HiddenTruth
        What was made wrong in them.
    calibration : Calibration
        The part of it that thresholds are chosen by.
    """

    texts: list[Text]
    truth: HiddenTruth
    calibration: Calibration


def run_rounds(
    config: Config,
    shards: Path,
    folder: Path,
    *,
    rounds: int,
    noise: float | None = None,
    seed: int = 0,
    start: Path | None = None,
    data: Path | None = None,
    say: Say,
) -> None:
    """Train on the texts of chips, and clean and train in rounds; go on where a run stopped.

    Parameters
    ----------
    config : Config
        With stages called ``joint``, ``screening`` and ``reconstruction``.
    shards : Path
        Folder of chips with texts.
    folder : Path
        Of the run; see `sargeo_training.scio.rounds`.
    rounds : int
    noise : float, optional
        Share of all clauses to make wrong, to measure how many are found and mended.
    seed : int
        Of the wrong clauses and of the wording of refills.
    start : Path, optional
        Folder of a trained stage with the network to start from; by default weights are random.
    data : Path, optional
        Folder of the data sets, for stages that learn from labelled crops.
    say : callable
        Takes lines on how it goes.

    Raises
    ------
    UsageError
        If several processes run this, settings do not suit, or the folder holds another run.
    ReferenceDataError
        If chips cannot be read, or too few texts could be made wrong to choose thresholds by.
    """
    _refuse_processes()
    stages = _stages(config, start)
    material = gather(config, stages, data=data, shards=shards, writings=None, say=say)
    posed = pose(material, noise, seed)
    settle(config, folder, resume=True)
    _settle_truth(posed.truth, folder)
    first = _first_network(config, material, start)
    trainer = _trainer(config, material, shards, first, say)
    Rounds(posed.texts, posed.calibration, trainer, folder, seed=seed).run(rounds)
    if noise is not None:
        records = {record.id: record for record in material.records.values()}
        table = "\n".join(figure_table(list(_figures(posed, folder, rounds, records))))
        write_text(folder / "figures.md", f"{table}\n")
        say(table)


def pose(material: Material, noise: float | None, seed: int) -> Posed:
    """Choose what is judged: the same for the same chips, share and seed.

    Raises
    ------
    UsageError
        If nothing was written about any chip.
    """
    numbers = material.numbers("train", told=True)
    order = np.random.default_rng(seed).permutation(numbers)
    calibrating = frozenset(order[: round(CALIBRATION_SHARE * len(numbers))].tolist())
    anew = calibrating if noise is None else frozenset(numbers)
    texts = [_text(material, k, seed if k in anew else None) for k in numbers]
    texts = [text for text in texts if text.clauses]
    if not texts:
        raise UsageError(
            "There is no chip with a text to train on.", "Write texts by `sargeo train texts`."
        )
    true = [text for text in texts if text.image in anew]
    records = {text.id: material.records[text.image] for text in true}
    wrong, truth = corrupt(true, records, share=SHARE if noise is None else noise, seed=seed)
    changed = {text.id: text for text in wrong}
    return Posed(
        [changed.get(text.id, text) for text in texts],
        truth,
        truth.reveal([text.id for text in true if text.image in calibrating]),
    )


def _text(material: Material, number: int, seed: int | None) -> Text:
    """Return what was written last about a chip, or with a seed a true text from its facts."""
    record = material.records[number]
    if seed is not None:
        rng = np.random.default_rng((seed, zlib.crc32(record.id.encode())))
        return Text(record.id, number, write(record, rng).clauses)
    return Text(record.id, number, material.texts_of(number)[-1].clauses)


def _refuse_processes() -> None:
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    if processes > 1:
        raise UsageError(
            f"Rounds run in one process, and torchrun has started {processes}.",
            "Start `sargeo train scio` by itself: a GPU is used where there is one.",
        )


def _stages(config: Config, start: Path | None) -> list[Stage]:
    """Return the stages of rounds, if the first one can teach what screening asks for."""
    missing = set(STAGES) - {stage.name for stage in config.stages}
    if missing:
        raise UsageError(
            f"The settings have no stage called {' or '.join(sorted(missing))}.", _REMEDY
        )
    first, *others = (config.stage(name) for name in STAGES)
    unlearnt = [name for name in ("contrast", "matching", "masking") if not first.uses(name)]
    if unlearnt:
        raise UsageError(f"The stage joint does not learn {' and '.join(unlearnt)}.", _REMEDY)
    if first.freeze_tower and start is None:
        raise UsageError(
            "The stage joint freezes the image tower, and nothing says which trained one.",
            "Give a trained stage by --from, or set freeze_tower to false.",
        )
    return [first, *others]


def _settle_truth(truth: HiddenTruth, folder: Path) -> None:
    """Write down what is wrong, unless a run on other texts has the folder."""
    path = folder / "truth.json"
    if not path.exists():
        truth.write(path)
    elif HiddenTruth.read(path) != truth:
        raise UsageError(
            f"{folder} holds a run on other texts.",
            "Go on with the chips, --noise and --seed of the run, or give another folder.",
        )


def _first_network(config: Config, material: Material, start: Path | None) -> SarKnowlip:
    if start is None:
        torch.manual_seed(config.seed)
        return new_network(config, tokeniser_for(config, material))
    network, found = load_best(start)
    if found.network != config.network:
        raise UsageError(
            f"{start} has another network than the settings.",
            "Give settings with the network that it was trained with.",
        )
    return network


def _trainer(
    config: Config, material: Material, shards: Path, first: SarKnowlip, say: Say
) -> EngineTrainer:
    words = language_of(first).tokeniser

    def streams(writings: Mapping[str, Writing], stage: Stage) -> Streams:
        return streams_of(replace(material, writings=writings), config, stage, words)

    return EngineTrainer(
        config,
        begin=lambda: first,
        streams=streams,
        load=chips_loader(Shards(shards), config.chips.chip_px, config.network.sensors),
        validate=lambda network: stage_score(network, material, config, config.stage(STAGES[0])),
        say=say,
    )


def _figures(
    posed: Posed, folder: Path, rounds: int, records: Mapping[str, Record]
) -> Iterator[Figure]:
    """Yield how well each round did on the chips that thresholds were not chosen by."""
    measured = [text for text in posed.texts if text.id not in posed.calibration.ids]
    for number in range(1, rounds + 1):
        decisions = read_decisions(reconstruction_of(folder, number) / DECISIONS)
        found = suspects_of(decisions), refilled_of(decisions)
        chips = tallies(measured, *found, records, posed.truth)
        yield from screening_figures(f"round {number}", chips)
        yield from refill_figures(f"round {number}", chips)
