"""What the losses and the cleaning of texts are worth: four arms at equal compute, over seeds.

Every arm goes through the stages of scio, on the same chips and with as many steps, batches and
learning rates. A fifth of the clauses is made wrong, otherwise for each seed.

    contrast                       the noisy texts; contrast alone
    + matching and masked words    the noisy texts; all losses
    + screening                    the same joint stage; then without suspect clauses
    + reconstruction               the same screening stage; then with those that were filled anew

Arms share the stages that they have in common. Validation chooses no weights and ends no stage: all
arms get the last averaged ones. They are measured by how well real chips of the other splits and
their true texts find each other. Simulated chips are neither trained on nor measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sargeo.model.knowlip import SarKnowlip
from sargeo.model.spec import Figure
from sargeo.products.files import replacing, write_text
from sargeo_training.engine.checkpoints import load_best
from sargeo_training.engine.config import Config
from sargeo_training.engine.gallery import embed_chips, embed_texts
from sargeo_training.engine.material import Material, gather
from sargeo_training.intervals import bootstrap
from sargeo_training.language_metrics import RECALLS, Weights, retrieval_hits
from sargeo_training.report import SYNTHETIC
from sargeo_training.scio.rounds import read_texts, reconstruction_of, screening_of
from sargeo_training.scio.run import STAGES, Run, Say, open_run, stages_of, true_text
from sargeo_training.scio.texts import Text
from sargeo_training.scio.training import EngineTrainer
from sargeo_training.sheet import Split

CONTRAST, NOISY, SCREENED, RECONSTRUCTED = (
    "contrast",
    "+ matching and masked words",
    "+ screening",
    "+ reconstruction",
)
ARMS = (CONTRAST, NOISY, SCREENED, RECONSTRUCTED)

PAGE = "ablation.md"

_PAIRS = ((NOISY, CONTRAST), (SCREENED, NOISY), (RECONSTRUCTED, SCREENED), (RECONSTRUCTED, NOISY))
_SPLITS: tuple[Split, ...] = ("holdout", "validation")
_WORDING = 0  # of true texts, the same for all arms

Hits = Mapping[str, NDArray[np.float64]]
"""Arm to what each chip adds to the recalls, shape (seeds, chips, 2, 6); see `retrieval_hits`."""


@dataclass(frozen=True)
class Gallery:
    """Real chips of a split with their true texts.

    Attributes
    ----------
    split : {"holdout", "validation"}
    numbers : list of int
        Of the chips.
    captions : list of str
    """

    split: Split
    numbers: list[int]
    captions: list[str]


def run_ablation(
    config: Config,
    shards: Path,
    folder: Path,
    *,
    seeds: int,
    noise: float,
    start: Path | None = None,
    data: Path | None = None,
    say: Say,
) -> None:
    """Train and measure all arms, and write ``ablation.md``; go on where a call stopped.

    Parameters
    ----------
    seeds : int
        How many: each draws other wrong clauses, batches and masks.
    config, shards, folder, noise, start, data, say
        See `sargeo_training.scio.run.run_rounds`.

    Raises
    ------
    UsageError, ReferenceDataError
        See `sargeo_training.scio.run.run_rounds`.
    """
    stages = stages_of(config, start)
    material = _real(gather(config, stages, data=data, shards=shards, writings=None, say=say))
    galleries = [g for g in (_gallery(material, split) for split in _SPLITS) if g.numbers]
    hits: dict[Split, dict[str, list[Weights]]] = {
        g.split: {a: [] for a in ARMS} for g in galleries
    }
    figures = []
    for seed in range(seeds):
        own = config.model_copy(update={"seed": seed})
        place = folder / f"seed-{seed}"
        run = open_run(own, material, place, noise=noise, seed=seed, start=start, say=say)
        run = replace(run, trainer=replace(run.trainer, validate=_unscored))
        for arm, stage in _trained(run):
            say(f"Seed {seed}, {arm}: measuring.")
            for gallery in galleries:
                hits[gallery.split][arm].append(_hits(stage, material, gallery))
        figures.append(run.figures(1))
    found = {g.split: {a: np.stack(hits[g.split][a]) for a in ARMS} for g in galleries}
    page = "\n".join(_page(config, noise, run, galleries, found, figures)) + "\n"
    write_text(folder / PAGE, page)
    say(page)


def _real(material: Material) -> Material:
    real = {k: record for k, record in material.records.items() if record.source != SYNTHETIC}
    return replace(material, records=real)


def _gallery(material: Material, split: Split) -> Gallery:
    numbers = material.numbers(split, told=True)
    texts = [true_text(material.records[k], k, _WORDING) for k in numbers]
    return Gallery(split, numbers, [text.caption() for text in texts])


def _unscored(network: SarKnowlip) -> float:
    return math.nan


def _trained(run: Run) -> Iterator[tuple[str, Path]]:
    """Train the arms one after the other; yield each with the folder of its last stage."""
    run.rounds.run(1)
    screened, mended = screening_of(run.folder, 1), reconstruction_of(run.folder, 1)
    yield RECONSTRUCTED, mended
    texts = read_texts(screened)
    yield SCREENED, _go_on(run.trainer, texts, run.folder / "screened", STAGES[2:], screened)
    texts, joint = run.posed.texts, run.folder / STAGES[0]
    yield NOISY, _go_on(run.trainer, texts, run.folder / "noisy", STAGES[1:], joint)
    yield CONTRAST, _go_on(_contrast(run.trainer), texts, run.folder / "contrast", STAGES, None)


def _go_on(
    trainer: EngineTrainer,
    texts: Sequence[Text],
    folder: Path,
    stages: Sequence[str],
    last: Path | None,
) -> Path:
    """Train through stages on the same texts; return the folder of the last one."""
    for stage in stages:
        trainer.train(texts, folder / stage, last)
        last = folder / stage
    return folder / stages[-1]


def _contrast(trainer: EngineTrainer) -> EngineTrainer:
    """Return the same with contrast alone."""
    config = trainer.config
    alone = {"losses": {"contrast": config.stage(STAGES[0]).losses["contrast"]}}
    stages = tuple(stage.model_copy(update=alone) for stage in config.stages)
    return replace(trainer, config=config.model_copy(update={"stages": stages}))


def _hits(stage: Path, material: Material, gallery: Gallery) -> Weights:
    """Return what a stage's network finds; its vectors are kept in the folder of the stage."""
    path = stage / f"{gallery.split}.npz"
    if not path.exists():
        if material.shards is None:
            raise ValueError("there are no chips")
        network, config = load_best(stage)
        images = embed_chips(network.eval(), config, material.shards, gallery.numbers)
        texts = embed_texts(network, gallery.captions)
        with replacing(path) as part:
            np.savez(part, images=images, texts=texts)
    with np.load(path) as vectors:
        return retrieval_hits(vectors["images"], vectors["texts"], gallery.captions)


def _page(
    config: Config,
    noise: float,
    run: Run,
    galleries: Sequence[Gallery],
    found: Mapping[Split, Hits],
    figures: Sequence[Sequence[Figure]],
) -> Iterator[str]:
    steps = " + ".join(str(config.stage(name).steps) for name in STAGES)
    yield "# What cleaning texts is worth"
    yield ""
    yield (
        f"{noise:.0%} of the clauses of {len(run.posed.texts)} real chips made wrong; "
        f"{len(figures)} seeds; {steps} steps of {config.chips.batch_size} texts for every arm. "
        "Simulated chips are neither trained on nor measured. Values are means over seeds, with "
        "the standard deviation over seeds."
    )
    for gallery in galleries:
        hits = found[gallery.split]
        yield from ("", f"## Retrieval: {len(gallery.numbers)} chips ({gallery.split})", "")
        yield (
            f"Detailed true captions, {len(set(gallery.captions))} of them different; equal ones "
            "count as one."
        )
        yield from ("", *_recall_table(hits))
        yield from ("", "Differences of the mean recall, and 95 % intervals over chips:", "")
        yield from _difference_table(hits)
    yield from ("", "## Screening and reconstruction", "")
    yield "On the chips that thresholds were not chosen by."
    yield from ("", *_figure_rows(figures))


def _recall_table(hits: Hits) -> Iterator[str]:
    yield f"| trained with | {' | '.join(RECALLS)} | mean |"
    yield "|---" * (len(RECALLS) + 2) + "|"
    for arm in ARMS:
        recalls = _recalls(hits[arm].sum(axis=1))
        columns = [*recalls.T, recalls.mean(axis=1)]
        yield f"| {arm} | {' | '.join(map(_spread, columns))} |"


def _difference_table(hits: Hits) -> Iterator[str]:
    seeds = len(hits[CONTRAST])
    named = " | ".join(f"seed {k}" for k in range(seeds))
    yield f"| difference | {named} | mean | 95 % interval |"
    yield "|---" * (seeds + 3) + "|"
    for better, worse in _PAIRS:
        chips = np.moveaxis(np.stack([hits[better], hits[worse]]), 2, 0)
        values = " | ".join(f"{_gain(list(chips[:, :, [k]])):+.3f}" for k in range(seeds))
        over = bootstrap(list(chips), _gain)
        interval = f"{over.low:+.3f} to {over.high:+.3f}" if over.low is not None else "–"
        yield f"| {better} against {worse} | {values} | {over.value:+.3f} | {interval} |"


def _gain(chips: Sequence[NDArray[np.float64]]) -> float:
    """Return by how much the mean recall of an arm is above that of another, over seeds.

    Parameters
    ----------
    chips : sequence of ndarray of float64, shape (2, seeds, 2, 6)
        Of both arms.
    """
    better, worse = np.sum(chips, axis=0)
    return float(_recalls(better).mean() - _recalls(worse).mean())


def _recalls(summed: NDArray[np.float64]) -> Weights:
    """Return the six recalls of each seed, of what all chips add to them (seeds, 2, 6)."""
    return np.asarray(summed[:, 0] / summed[:, 1])


def _figure_rows(figures: Sequence[Sequence[Figure]]) -> Iterator[str]:
    named = " | ".join(f"seed {k}" for k in range(len(figures)))
    yield f"| what | measure | {named} | mean |"
    yield "|---" * (len(figures) + 3) + "|"
    by_name = [{(f.data, f.measure): f.value for f in each} for each in figures]
    for data, measure in by_name[0]:
        values = np.array([each.get((data, measure), math.nan) for each in by_name])
        cells = " | ".join(f"{value:.2f}" for value in values)
        yield f"| {data} | {measure} | {cells} | {_spread(values)} |"


def _spread(values: NDArray[np.float64]) -> str:
    """Return mean and standard deviation over seeds as text."""
    if len(values) < 2:
        return f"{values.mean():.3f}"
    return f"{values.mean():.3f} ± {values.std(ddof=1):.3f}"
