"""Rounds on a folder of chips with texts, and what they were worth.

Thresholds need texts of which it is known what is wrong. So a share of the chips gets true texts,
from their facts, of which a fifth of what can be wrong is; all other texts are cleaned as they
are. To measure the method, all texts are such, with errors of a given share; the same share of the
chips then chooses thresholds, and figures are of the others.
"""

from __future__ import annotations

import copy
import os
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from pydantic import TypeAdapter

from sargeo.errors import UsageError
from sargeo.model.knowlip import SarKnowlip
from sargeo.model.spec import Figure
from sargeo.products.files import write_text
from sargeo_training.engine.checkpoints import BEST, load_best
from sargeo_training.engine.config import Config, Stage
from sargeo_training.engine.material import Material, gather, streams_of, tokeniser_for
from sargeo_training.engine.networks import MAPPING_PARTS, new_network, take_from
from sargeo_training.engine.run import settle
from sargeo_training.engine.streams import Streams
from sargeo_training.engine.telling import language_of
from sargeo_training.engine.validation import stage_score
from sargeo_training.geovl.record import Record
from sargeo_training.hcot.grounded import write
from sargeo_training.hcot.writing import Claim, Writing
from sargeo_training.report import figure_table
from sargeo_training.scio.corrupt import SHARE, corrupt
from sargeo_training.scio.decisions import read_decisions, refilled_of, suspects_of
from sargeo_training.scio.measures import (
    Tally,
    doubtful,
    refill_figures,
    screening_figures,
    tallies,
)
from sargeo_training.scio.network import chips_loader
from sargeo_training.scio.rounds import DECISIONS, Rounds, reconstruction_of
from sargeo_training.scio.screen import Place
from sargeo_training.scio.text_only import BATCH, TextOnly, surprise
from sargeo_training.scio.texts import Text
from sargeo_training.scio.thresholds import Calibration, choose
from sargeo_training.scio.training import EngineTrainer
from sargeo_training.scio.truth import HiddenTruth

STAGES = ("joint", "screening", "reconstruction")
CALIBRATION_SHARE = 0.2

_REMEDY = "Take scio.yaml, or a copy of it with other values."

_PLACES = TypeAdapter(list[Place])

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


@dataclass(frozen=True)
class Run:
    """Texts to clean, and what trains on them.

    Attributes
    ----------
    posed : Posed
    trainer : EngineTrainer
    folder : Path
        See `sargeo_training.scio.rounds`.
    seed : int
    records : mapping of str to Record
        Of the chips, by id.
    """

    posed: Posed
    trainer: EngineTrainer
    folder: Path
    seed: int
    records: Mapping[str, Record]

    @property
    def rounds(self) -> Rounds:
        """The rounds on these texts."""
        posed = self.posed
        return Rounds(posed.texts, posed.calibration, self.trainer, self.folder, seed=self.seed)

    def figures(self, rounds: int) -> list[Figure]:
        """Return how well each round did on chips that thresholds were not chosen by.

        Beside it stands what one gets without the image: by texts alone, and by suspecting all
        that could be wrong.
        """
        return [
            *(figure for k in range(1, rounds + 1) for figure in self._mended(k)),
            *screening_figures("by text alone", self._tallies(self._by_text(), {})),
            *screening_figures(
                "all that could be wrong", self._tallies(doubtful(self.posed.texts), {})
            ),
        ]

    def _mended(self, number: int) -> list[Figure]:
        decisions = read_decisions(reconstruction_of(self.folder, number) / DECISIONS)
        chips = self._tallies(suspects_of(decisions), refilled_of(decisions))
        name = f"round {number}"
        return [*screening_figures(name, chips), *refill_figures(name, chips)]

    def _by_text(self) -> list[Place]:
        """Return what a model of texts suspects, which learns from as many as the first stage."""
        path = self.folder / "text-only.json"
        if not path.exists():
            config, texts = self.trainer.config, self.posed.texts
            steps = max(config.stage(STAGES[0]).steps * config.chips.batch_size // BATCH, 1)
            spec = language_of(self.trainer.begin()).spec
            words = TextOnly.train(texts, spec, steps=steps, seed=self.seed)
            evidence = surprise(words, texts)
            suspect = choose(evidence, self.posed.calibration).suspects(evidence)
            places = [
                p for p, is_suspect in zip(evidence.places, suspect, strict=True) if is_suspect
            ]
            write_text(path, _PLACES.dump_json(places).decode() + "\n")
        return _PLACES.validate_json(path.read_bytes())

    def _tallies(
        self, suspects: Collection[Place], refilled: Mapping[Place, Sequence[Claim]]
    ) -> list[Tally]:
        posed = self.posed
        measured = [text for text in posed.texts if text.id not in posed.calibration.ids]
        return tallies(measured, suspects, refilled, self.records, posed.truth)


def run_rounds(
    config: Config,
    shards: Path,
    folder: Path,
    *,
    rounds: int,
    noise: float | None = None,
    seed: int = 0,
    start: str | None = None,
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
        Share of what can be wrong to make wrong, to measure how many are found and mended.
    seed : int
        Of the wrong clauses and of the wording of refills.
    start : str, optional
        Folder of a trained stage whose network to start from; or name or folder of a model to take
        tower and heads of. By default weights are random.
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
    stages = stages_of(config, start)
    material = gather(config, stages, data=data, shards=shards, writings=None, say=say)
    run = open_run(config, material, folder, noise=noise, seed=seed, start=start, say=say)
    run.rounds.run(rounds)
    if noise is not None:
        table = "\n".join(figure_table(run.figures(rounds)))
        write_text(folder / "figures.md", f"{table}\n")
        say(table)


def open_run(
    config: Config,
    material: Material,
    folder: Path,
    *,
    noise: float | None,
    seed: int,
    start: str | None,
    say: Say,
) -> Run:
    """Pose texts, and settle in a folder.

    Parameters
    ----------
    material : Material
        Chips with texts, and what else the stages learn from.
    config, folder, noise, seed, start, say
        See `run_rounds`.
    """
    posed = pose(material, noise, seed)
    first = _first_network(config, material, start)
    settle(config, folder)
    _settle_truth(posed.truth, folder)
    trainer = _trainer(config, material, first, say)
    records = {record.id: record for record in material.records.values()}
    return Run(posed, trainer, folder, seed, records)


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
        return true_text(record, number, seed)
    return Text(record.id, number, material.texts_of(number)[-1].clauses)


def true_text(record: Record, number: int, seed: int) -> Text:
    """Return what the facts of a chip say of it; the seed is of the wording."""
    rng = np.random.default_rng((seed, zlib.crc32(record.id.encode())))
    return Text(record.id, number, write(record, rng).clauses)


def _refuse_processes() -> None:
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    if processes > 1:
        raise UsageError(
            f"Rounds run in one process, and torchrun has started {processes}.",
            "Start `sargeo train scio` by itself: a GPU is used where there is one.",
        )


def stages_of(config: Config, start: str | None) -> list[Stage]:
    """Return the stages of rounds.

    Raises
    ------
    UsageError
        If several processes run this, a stage is missing, or the first one cannot teach what
        screening asks for.
    """
    _refuse_processes()
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
            "Give a model or a trained stage by --from, or set freeze_tower to false.",
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


def _first_network(config: Config, material: Material, start: str | None) -> SarKnowlip:
    if start is None or not (Path(start) / BEST).exists():
        torch.manual_seed(config.seed)
        network = new_network(config, tokeniser_for(config, material))
        if start is not None:
            take_from(network, start, MAPPING_PARTS)
        return network
    network, found = load_best(Path(start))
    if found.network != config.network:
        raise UsageError(
            f"{start} has another network than the settings.",
            "Give settings with the network that it was trained with.",
        )
    return network


def _trainer(config: Config, material: Material, first: SarKnowlip, say: Say) -> EngineTrainer:
    if material.shards is None:
        raise ValueError("there are no chips")
    words = language_of(first).tokeniser

    def streams(writings: Mapping[str, Writing], stage: Stage) -> Streams:
        return streams_of(replace(material, writings=writings), config, stage, words)

    return EngineTrainer(
        config,
        begin=lambda: copy.deepcopy(first),  # training changes it in place
        streams=streams,
        load=chips_loader(material.shards, config.chips.chip_px, config.network.sensors),
        validate=lambda network: stage_score(network, material, config, config.stage(STAGES[0])),
        say=say,
    )
