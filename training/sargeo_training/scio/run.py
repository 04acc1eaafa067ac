"""Rounds on a folder of chips with texts, and what they were worth.

Thresholds need texts of which it is known what is wrong. So a share of the chips gets true texts,
from their facts, of which a fifth of what can be wrong is; all other texts are cleaned as they
are. To measure the method, all texts are such, with errors of a given share; the same share of the
chips then chooses thresholds, and figures are of the others. Held-out chips, which no stage and
no tower has learnt from, get such texts too, and are judged as the others were.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from pydantic import TypeAdapter

from sargeo.errors import UsageError
from sargeo.model.knowlip import SarKnowlip
from sargeo.model.spec import Figure
from sargeo.products.files import write_text
from sargeo_training.data.material import Material
from sargeo_training.data.target_text import TargetText
from sargeo_training.engine.checkpoints import BEST, load_best
from sargeo_training.engine.material import gather, streams_of, tokeniser_for
from sargeo_training.engine.networks import MAPPING_PARTS, new_network, take_from
from sargeo_training.engine.run import settle
from sargeo_training.engine.streams import Streams
from sargeo_training.engine.validation import stage_score
from sargeo_training.evaluation.figures import figure_table
from sargeo_training.objectives.joint import language_of
from sargeo_training.scio.decisions import (
    Decision,
    flagged_of,
    infilled_of,
    read_decisions,
    write_decisions,
)
from sargeo_training.scio.measures import (
    doubtful,
    infilling_figures,
    screening_figures,
)
from sargeo_training.scio.network import chips_loader
from sargeo_training.scio.pose import CorruptedTexts, pose, pose_held_out
from sargeo_training.scio.rounds import DECISIONS, Rounds, reconstruction_of
from sargeo_training.scio.screen import Place
from sargeo_training.scio.text_only import BATCH, TextOnly, negative_log_likelihood
from sargeo_training.scio.texts import Text
from sargeo_training.scio.thresholds import choose
from sargeo_training.scio.training import EngineTrainer
from sargeo_training.settings.config import Config, Stage

STAGES = ("joint", "screening", "reconstruction")

_REMEDY = "Take scio.yaml, or a copy of it with other values."

_PLACES = TypeAdapter(list[Place])
_TEXTS = TypeAdapter(list[Text])

Say = Callable[[str], None]


@dataclass(frozen=True)
class Run:
    """Texts to clean, and what trains on them.

    Attributes
    ----------
    posed : CorruptedTexts
    trainer : EngineTrainer
    folder : Path
        See `sargeo_training.scio.rounds`.
    seed : int
    """

    posed: CorruptedTexts
    trainer: EngineTrainer
    folder: Path
    seed: int

    @property
    def rounds(self) -> Rounds:
        """The rounds on these texts."""
        posed = self.posed
        return Rounds(
            posed.texts,
            posed.calibration,
            self.trainer,
            self.folder,
            seed=self.seed,
            true=posed.true,
        )

    def figures(self, rounds: int, held_out: CorruptedTexts) -> list[Figure]:
        """Return how well each round did on chips that thresholds were not chosen by.

        Beside it stands what one gets without the image: by texts alone, and by suspecting all
        that could be wrong.
        """
        posed = self.posed
        return [
            *(
                figure
                for number in range(1, rounds + 1)
                for figure in self._mended(number, held_out)
            ),
            *_screening_of("by text alone", posed, self._by_text()),
            *_screening_of("all that could be wrong", posed, doubtful(posed.texts)),
        ]

    def _mended(self, number: int, held_out: CorruptedTexts) -> list[Figure]:
        stage = reconstruction_of(self.folder, number)
        figures = _figures_of(f"round {number}", self.posed, read_decisions(stage / DECISIONS))
        if not held_out.texts:
            return figures
        path = stage / "held-out.parquet"
        if not path.exists():
            write_decisions(self.rounds.denoise(number, held_out.texts), path)
        name = f"round {number}, held-out chips"
        return [*figures, *_figures_of(name, held_out, read_decisions(path))]

    def _by_text(self) -> list[Place]:
        """Return what a model of texts suspects, which learns from as many as the first stage."""
        path = self.folder / "text-only.json"
        if not path.exists():
            config, texts = self.trainer.config, self.posed.texts
            steps = max(config.stage(STAGES[0]).steps * config.chips.batch_size // BATCH, 1)
            spec = language_of(self.trainer.begin()).spec
            words = TextOnly.train(texts, spec, steps=steps, seed=self.seed)
            evidence = negative_log_likelihood(words, texts)
            suspect = choose(evidence, self.posed.calibration).flagged(evidence)
            places = [
                p for p, is_suspect in zip(evidence.places, suspect, strict=True) if is_suspect
            ]
            write_text(path, _PLACES.dump_json(places).decode() + "\n")
        return _PLACES.validate_json(path.read_bytes())


def _figures_of(name: str, posed: CorruptedTexts, decisions: Sequence[Decision]) -> list[Figure]:
    chips = posed.tallies(flagged_of(decisions), infilled_of(decisions))
    return [
        *screening_figures(name, chips, posed.groups),
        *infilling_figures(name, chips, posed.groups),
    ]


def _screening_of(name: str, posed: CorruptedTexts, suspects: Collection[Place]) -> list[Figure]:
    return screening_figures(name, posed.tallies(suspects, {}), posed.groups)


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
    material = gather(config, stages, data=data, shards=shards, say=say)
    run = open_run(config, material, folder, noise=noise, seed=seed, start=start, say=say)
    run.rounds.run(rounds)
    if noise is not None:
        held_out = pose_held_out(material, noise, seed)
        table = "\n".join(figure_table(run.figures(rounds, held_out)))
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
    if noise is not None and _is_stage(start):
        raise UsageError(
            f"{start} has learnt texts, and may know what --noise makes wrong.",
            "Give a model by --from, of which only tower and heads are taken.",
        )
    posed = pose(material, noise, seed)
    first = _first_network(config, material, start)
    settle(config, folder)
    _settle_texts(posed, start, folder)
    return Run(posed, _trainer(config, material, first, say), folder, seed)


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


def _settle_texts(posed: CorruptedTexts, start: str | None, folder: Path) -> None:
    """Write down what is cleaned and what is wrong in it, unless another run has the folder."""
    digest = hashlib.sha256(_TEXTS.dump_json(posed.texts)).hexdigest()
    own = {
        "begun.json": json.dumps({"texts": digest, "from": start}),
        "truth.json": posed.truth.model_dump_json(indent=1),
    }
    for name, said in own.items():
        path = folder / name
        if not path.exists():
            write_text(path, f"{said}\n")
        elif path.read_text(encoding="utf-8") != f"{said}\n":
            raise UsageError(
                f"{folder} holds a run on other texts, or from another start.",
                "Go on with the chips, --from, --noise and --seed of the run, or give another "
                "folder.",
            )


def _is_stage(start: str | None) -> bool:
    return start is not None and (Path(start) / BEST).exists()


def _first_network(config: Config, material: Material, start: str | None) -> SarKnowlip:
    if start is None or not _is_stage(start):
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
    words = language_of(first).tokeniser

    def streams(target_texts: Mapping[str, TargetText], stage: Stage) -> Streams:
        return streams_of(replace(material, target_texts=target_texts), config, stage, words)

    return EngineTrainer(
        config,
        begin=lambda: copy.deepcopy(first),  # training changes it in place
        streams=streams,
        load=chips_loader(material.chips, config.chips.chip_px, config.network.sensors),
        validate=lambda network: stage_score(network, material, config, config.stage(STAGES[0])),
        say=say,
    )
