"""Does screening by image beat screening by text? A first look, on simulated chips.

    python benchmarks/scio.py FOLDER [--chips N] [--steps N] [--text-steps N] [--threads N]

Simulated chips get true texts, and a fifth of the clauses is made wrong. A small text tower learns
these texts on the image tower of sargeo-tiny, screens them and refills what it suspects; a masked
language model without images screens them too. Both choose thresholds on a quarter of the chips;
figures are of the others. FOLDER keeps models and decisions, and a broken run goes on there.

Figures of simulated chips say whether the method works, and nothing about real ones.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch

from sargeo.geo.grid import Block
from sargeo.model.knowlip import SarKnowlip
from sargeo.model.registry import read_spec
from sargeo.model.spec import Figure, LanguageSpec
from sargeo.model.tokens import Tokeniser
from sargeo_training.crops.chip_stream import ChipStream
from sargeo_training.data.chip import BandRecord, Chip, Record
from sargeo_training.data.chips.evidence.landcover import landcover_facts
from sargeo_training.data.chips.evidence.objects import object_facts
from sargeo_training.data.facts import Facts
from sargeo_training.data.sources import simulated
from sargeo_training.data.target_text import TargetText
from sargeo_training.engine.networks import MAPPING_PARTS, new_network, take_from
from sargeo_training.engine.streams import Streams
from sargeo_training.evaluation.report import figure_table
from sargeo_training.images import LabelledImage
from sargeo_training.scio.corrupt import corrupt
from sargeo_training.scio.infilling import infill, kept_claims
from sargeo_training.scio.measures import infilling_figures, screening_figures
from sargeo_training.scio.network import chips_loader
from sargeo_training.scio.pose import CorruptedTexts, true_text
from sargeo_training.scio.scorer import Scorer
from sargeo_training.scio.screen import Evidence, Place, alone, leave_out
from sargeo_training.scio.text_only import TextOnly, negative_log_likelihood
from sargeo_training.scio.texts import Text, domains
from sargeo_training.scio.thresholds import choose
from sargeo_training.scio.training import EngineTrainer
from sargeo_training.settings.config import Config, Stage, checked_config

CHIP_PX = 128
GSD_M = 10.0  # of the simulated scenes
LANGUAGE = LanguageSpec(
    width=96, depth=2, heads=4, vocabulary=2000, max_tokens=384, embedding_dim=64
)


def main(args: argparse.Namespace) -> None:
    torch.set_num_threads(args.threads)
    chips = made_chips(args.chips)
    records = {chip.record.id: chip.record for chip in chips}
    texts = [true_text(chip.record, k, seed=0) for k, chip in enumerate(chips)]
    noisy, truth = corrupt(texts, records)
    # Chips of one scene are on one side.
    opened = [name for name, record in records.items() if int(record.scene[-2:]) % 4 == 0]
    posed = CorruptedTexts(noisy, truth, truth.reveal(opened), records, true={})
    print(f"{len(chips)} chips, {sum(len(t.clauses) for t in texts)} clauses", flush=True)
    with timed("text-only screening"):
        words = TextOnly.train(noisy, LANGUAGE, steps=args.text_steps)
        screened(posed, "by text", negative_log_likelihood(words, noisy))
    with timed("training"):
        scorer = trainer(chips, noisy, args.steps).train(noisy, args.folder / "joint", None)
    with timed("screening by single clauses"):
        screened(posed, "alone", alone(scorer, noisy))
    with timed("screening by leaving out"):
        suspects = screened(posed, "left out", leave_out(scorer, noisy))
    with timed("refilling of suspects"):
        refilled(posed, "suspects", scorer, suspects)
    with timed("refilling of what is wrong"):
        refilled(posed, "all wrong clauses", scorer, set(truth.by_place()))


def screened(posed: CorruptedTexts, name: str, evidence: Evidence) -> set[Place]:
    """Print how well a screener does, and return what it suspects."""
    thresholds = choose(evidence, posed.calibration)
    print(thresholds)
    suspect = thresholds.suspects(evidence)
    suspects = {place for place, one in zip(evidence.places, suspect, strict=True) if one}
    show(screening_figures(name, posed.tallies(suspects, {}), posed.groups))
    return suspects


def refilled(posed: CorruptedTexts, name: str, scorer: Scorer, suspects: set[Place]) -> None:
    """Print how well suspect clauses are refilled."""
    refills = infill(scorer, posed.texts, suspects, domains(posed.texts))
    show(infilling_figures(name, posed.tallies(suspects, kept_claims(refills)), posed.groups))


def show(figures: list[Figure]) -> None:
    print("\n".join(figure_table(figures)), flush=True)


def made_chips(number: int) -> list[Chip]:
    """Cut squares from simulated scenes, about as many from each."""
    images = simulated.load(Path()).of_split("train")
    places = np.random.default_rng(0).permutation((images[0].shape[0] // CHIP_PX) ** 2)
    turns = itertools.product(places, images)
    across = images[0].shape[1] // CHIP_PX
    return [
        cut_chip(image, *(CHIP_PX * int(n) for n in divmod(place, across)))
        for place, image in itertools.islice(turns, number)
    ]


def cut_chip(image: LabelledImage, row: int, col: int) -> Chip:
    pixels = image.crop(Block(row, col, CHIP_PX, CHIP_PX))
    spacing_m = np.full(len(pixels.ships), GSD_M)
    facts = Facts(
        landcover=landcover_facts(pixels.labels, pixels.valid, "the simulator"),
        objects=object_facts(
            pixels.ships,
            pixels.searched,
            pixels.valid,
            "the simulator",
            spacing_m=(spacing_m, spacing_m),
        ),
    )
    record = Record(
        id=f"{image.name}_{row}_{col}",
        source="simulated",
        scene=image.name,
        licence="this project",
        split="train",
        platform="simulated",
        bands=tuple(BandRecord.of(band) for band in image.bands),
        gsd_m=image.gsd_m,
        extent_m=CHIP_PX * GSD_M,
        incidence_deg=image.incidence_deg,
        shape=(CHIP_PX, CHIP_PX),
        facts=facts,
        references=image.references,
    )
    return Chip(
        record=record,
        values=pixels.values,
        valid=pixels.valid,
        labels=pixels.labels,
        searched=pixels.searched,
        ships=pixels.ships,
    )


def trainer(chips: Sequence[Chip], texts: Sequence[Text], steps: int) -> EngineTrainer:
    config = settings(steps)
    captions = [text.caption() for text in texts]
    tokeniser = Tokeniser.train(captions, LANGUAGE.vocabulary, LANGUAGE.max_tokens)
    later = itertools.count()

    def begin() -> SarKnowlip:
        torch.manual_seed(0)
        network = new_network(config, tokeniser)
        take_from(network, "sargeo-tiny", MAPPING_PARTS)
        return network

    def streams(target_texts: Mapping[str, TargetText], _: Stage) -> Streams:
        told = [k for k, chip in enumerate(chips) if chip.record.id in target_texts]
        stream = ChipStream(
            chips, told, config, tokeniser, lambda k: (target_texts[chips[k].record.id],)
        )
        return Streams(chips=stream)

    return EngineTrainer(
        config,
        begin,
        streams,
        chips_loader(chips, CHIP_PX),
        validate=lambda _: float(next(later)),  # the last weights
        say=print,
    )


def settings(steps: int) -> Config:
    losses = {"contrast": 1.0, "matching": 1.0, "masking": 1.0}
    content = {
        "network": {"tower": read_spec("sargeo-tiny").tower, "language": LANGUAGE},
        "chips": {"chip_px": CHIP_PX, "batch_size": 32, "answers": 0.0},
        "contrast": {"queue": 1024, "momentum": 0.99},
        "optimiser": {"average": 0.98},
        "stages": [{"name": "joint", "steps": steps, "learning_rate": 1e-3, "losses": losses}],
    }
    return checked_config(content, "the benchmark")


@contextmanager
def timed(what: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    print(f"{what}: {time.perf_counter() - start:.0f} s\n", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--chips", type=int, default=1500)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--text-steps", type=int, default=400)
    parser.add_argument("--threads", type=int, default=1)
    main(parser.parse_args())
