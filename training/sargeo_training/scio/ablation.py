"""What the losses and the cleaning of texts are worth: four variants at equal compute, over seeds.

Every variant goes through the stages of scio, on the same chips and with as many steps, batches and
learning rates. A fifth of what can be wrong is made wrong, otherwise for each seed.

    contrast                       the noisy texts; contrast alone
    + matching and masked words    the noisy texts; all losses
    + screening                    the same joint stage; then without suspect clauses
    + reconstruction               the same screening stage; then with those that were filled anew

Variants share the stages that they have in common. Validation chooses no weights and ends no
stage: all variants get the last averaged ones. They are measured on real chips of the other
splits: by how well these and their true texts find each other, and by how often a true statement
scores higher than one that another chip's value makes false. Simulated chips are neither trained
on nor measured.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sargeo.evaluation.intervals import bootstrap
from sargeo.model.spec import Figure
from sargeo.products.files import replacing, write_text
from sargeo_training.data.chips.splits import ground_groups
from sargeo_training.data.material import Material
from sargeo_training.engine.checkpoints import load_best
from sargeo_training.engine.material import gather
from sargeo_training.evaluation.gallery import embed_chips, embed_texts
from sargeo_training.evaluation.language_metrics import RECALLS, Weights, retrieval_hits
from sargeo_training.images import Split
from sargeo_training.scio.network import NetworkScorer, chips_loader
from sargeo_training.scio.pose import pose_held_out, true_text
from sargeo_training.scio.rounds import read_texts, reconstruction_of, screening_of
from sargeo_training.scio.run import STAGES, Run, Say, open_run, stages_of
from sargeo_training.scio.statement_metrics import SCORES, Pair, separation, statement_pairs
from sargeo_training.scio.texts import Text
from sargeo_training.scio.training import EngineTrainer
from sargeo_training.settings.config import Config

CONTRAST, NOISY, SCREENED, RECONSTRUCTED = (
    "contrast",
    "+ matching and masked words",
    "+ screening",
    "+ reconstruction",
)
VARIANTS = (CONTRAST, NOISY, SCREENED, RECONSTRUCTED)

PAGE = "ablation.md"

_PAIRS = ((NOISY, CONTRAST), (SCREENED, NOISY), (RECONSTRUCTED, SCREENED), (RECONSTRUCTED, NOISY))
_SPLITS: tuple[Split, ...] = ("holdout", "validation")
_WORDING = 0  # of true texts, the same for all variants

Arrays = dict[str, NDArray[Any]]

Hits = Mapping[str, NDArray[np.float64]]
"""Arm to what each chip adds to the right answers and to all, by M measures, shape
(seeds, chips, 2, M); see `retrieval_hits` and `separation`."""


@dataclass(frozen=True)
class Gallery:
    """Real chips of a split with their true texts.

    Attributes
    ----------
    split : {"holdout", "validation"}
    texts : list of Text
    pairs : list of Pair
        Of true and false statements.
    groups : ndarray of int64, shape (texts,)
        Which chips are no independent examples.
    """

    split: Split
    texts: list[Text]
    pairs: list[Pair]
    groups: NDArray[np.int64]

    @property
    def numbers(self) -> list[int]:
        """Numbers of the chips."""
        return [text.image for text in self.texts]

    @property
    def captions(self) -> list[str]:
        """Detailed captions."""
        return [text.caption() for text in self.texts]


def run_ablation(
    config: Config,
    shards: Path,
    folder: Path,
    *,
    seeds: Sequence[int],
    noise: float,
    start: str | None = None,
    data: Path | None = None,
    say: Say,
) -> None:
    """Train and measure all variants, and write ``ablation.md``; go on where a call stopped.

    Calls with different seeds may run at the same time. Each writes the page of its own; one with
    all of them comes last.

    Parameters
    ----------
    folder : Path
        Gets a folder for each seed.
    seeds : sequence of int
        Each draws other wrong clauses, batches and masks.
    config, shards, noise, start, data, say
        See `sargeo_training.scio.run.run_rounds`.

    Raises
    ------
    UsageError, ReferenceDataError
        See `sargeo_training.scio.run.run_rounds`.
    """
    stages = stages_of(config, start)
    material = gather(config, stages, data=data, shards=shards, say=say)
    galleries = [g for g in (_gallery(material, split) for split in _SPLITS) if g.texts]
    learnt = material.real("train")
    found, figures = [], []
    for seed in seeds:
        own, place = _for_seed(config, seed), folder / f"seed-{seed}"
        run = open_run(own, learnt, place, noise=noise, seed=seed, start=start, say=say)
        found.append(
            {
                (gallery.split, variant, measure): measure(stage, material, gallery)
                for variant, stage in _trained(run, say)
                for gallery in galleries
                for measure in (_hits, _told_apart)
            }
        )
        held_out = pose_held_out(material.real("holdout"), noise, seed)
        figures.append(run.figures(1, held_out))
    hits, apart = (
        {
            g.split: {
                one: np.stack([seed[g.split, one, measure] for seed in found]) for one in VARIANTS
            }
            for g in galleries
        }
        for measure in (_hits, _told_apart)
    )
    page = "\n".join(_page(config, seeds, noise, galleries, hits, apart, figures)) + "\n"
    write_text(folder / PAGE, page)
    say(page)


def _for_seed(config: Config, seed: int) -> Config:
    """Give settings a seed, and let validation choose no weights: its chips are measured on."""
    validation = config.validation.model_copy(update={"keep": "last"})
    return config.model_copy(update={"seed": seed, "validation": validation})


def _gallery(material: Material, split: Split) -> Gallery:
    numbers = material.real(split).numbers(split, with_text=True)
    texts = [true_text(material.records[k], k, _WORDING) for k in numbers]
    records = {material.records[k].id: material.records[k] for k in numbers}
    groups = ground_groups([material.records[k] for k in numbers])
    return Gallery(split, texts, statement_pairs(texts, records), groups)


def _trained(run: Run, say: Say) -> Iterator[tuple[str, Path]]:
    """Train the variants one after the other; yield each with the folder of its last stage."""
    say(f"{run.folder.name}: joint, screening and reconstruction")
    run.rounds.run(1)
    screened, mended = screening_of(run.folder, 1), reconstruction_of(run.folder, 1)
    yield RECONSTRUCTED, mended
    say(f"{run.folder.name}: {SCREENED}")
    texts = read_texts(screened)
    yield SCREENED, _go_on(run.trainer, texts, run.folder / "screened", STAGES[2:], screened)
    say(f"{run.folder.name}: {NOISY}")
    texts, joint = run.posed.texts, run.folder / STAGES[0]
    yield NOISY, _go_on(run.trainer, texts, run.folder / "noisy", STAGES[1:], joint)
    say(f"{run.folder.name}: {CONTRAST}")
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
    """Return what a stage's network finds."""

    def vectors() -> Arrays:
        network, config = load_best(stage)
        images = embed_chips(network.eval(), config, material.chips, gallery.numbers)
        return {"images": images, "texts": embed_texts(network, gallery.captions)}

    kept = _kept(stage / f"{gallery.split}.npz", gallery.captions, vectors)
    return retrieval_hits(kept["images"], kept["texts"], gallery.captions)


def _told_apart(stage: Path, material: Material, gallery: Gallery) -> Weights:
    """Return which true statements a stage's network prefers."""

    def counts() -> Arrays:
        network, config = load_best(stage)
        load = chips_loader(material.chips, config.chips.chip_px, config.network.sensors)
        return {"counts": separation(NetworkScorer(network, load), gallery.texts, gallery.pairs)}

    asked = [text for pair in gallery.pairs for text in (str(pair.place), pair.right, pair.wrong)]
    return _kept(stage / f"{gallery.split}-statements.npz", asked, counts)["counts"]


def _kept(path: Path, asked: Sequence[str], make: Callable[[], Arrays]) -> Arrays:
    """Return arrays of a file, which is made if need be: also if it was made of other texts."""
    digest = hashlib.sha256("\n".join(asked).encode()).hexdigest()
    if path.exists():
        with np.load(path) as kept:
            arrays = dict(kept)
        if str(arrays.pop("asked", "")) == digest:
            return arrays
    made = make()
    with replacing(path) as part:
        np.savez(part, allow_pickle=False, asked=digest, **made)
    return made


def _page(
    config: Config,
    seeds: Sequence[int],
    noise: float,
    galleries: Sequence[Gallery],
    hits: Mapping[Split, Hits],
    apart: Mapping[Split, Hits],
    figures: Sequence[Sequence[Figure]],
) -> Iterator[str]:
    steps = " + ".join(str(config.stage(name).steps) for name in STAGES)
    yield "# What cleaning texts is worth"
    yield ""
    yield (
        f"Of the clauses about real chips that can be wrong {noise:.0%} are; {steps} steps of "
        f"{config.chips.batch_size} texts for every variant. Simulated chips are neither trained "
        "on nor measured. Values are means over seeds, with the standard deviation over seeds."
    )
    for gallery in galleries:
        yield from _retrieval_section(seeds, gallery, hits[gallery.split])
    for gallery in galleries:
        yield from _statement_section(seeds, gallery, apart[gallery.split])
    yield from ("", "## Screening and reconstruction", "")
    yield "On the chips that thresholds were not chosen by."
    yield from ("", *_figure_table(seeds, figures))


def _retrieval_section(seeds: Sequence[int], gallery: Gallery, hits: Hits) -> Iterator[str]:
    yield from ("", f"## Retrieval: {len(gallery.texts)} chips ({gallery.split})", "")
    yield (
        f"Detailed true captions, {len(set(gallery.captions))} of them different; equal ones "
        "count as one."
    )
    yield from ("", f"| trained with | {' | '.join(RECALLS)} | mean |")
    yield "|---" * (len(RECALLS) + 2) + "|"
    for variant in VARIANTS:
        recalls = _shares(hits[variant].sum(axis=1))
        columns = [*recalls.T, recalls.mean(axis=1)]
        yield f"| {variant} | {' | '.join(map(_spread, columns))} |"
    yield from ("", "Differences of the mean recall, and 95 % intervals over ground:", "")
    yield from _difference_table(seeds, gallery.groups, hits, _PAIRS)


def _statement_section(seeds: Sequence[int], gallery: Gallery, hits: Hits) -> Iterator[str]:
    title = f"## Statements told apart: {len(gallery.pairs)} about {len(gallery.texts)} chips"
    yield from ("", f"{title} ({gallery.split})", "")
    yield (
        "How often a true statement scores higher than the same with another chip's value, which "
        "is false of this one; chance is 0.5."
    )
    yield from ("", f"| trained with | {' | '.join(SCORES)} |", "|---" * (len(SCORES) + 1) + "|")
    for variant in VARIANTS:
        columns = [_spread(column) for column in _shares(hits[variant].sum(axis=1)).T]
        told = [columns[0], "–"] if variant == CONTRAST else columns  # it learnt no matching
        yield f"| {variant} | {' | '.join(told)} |"
    for k, score in enumerate(SCORES):
        yield from ("", f"Differences by {score}, and 95 % intervals over ground:", "")
        pairs = [pair for pair in _PAIRS if score != "matching" or CONTRAST not in pair]
        by_score = {variant: counts[..., [k]] for variant, counts in hits.items()}
        yield from _difference_table(seeds, gallery.groups, by_score, pairs)


def _difference_table(
    seeds: Sequence[int],
    groups: NDArray[np.int64],
    hits: Hits,
    pairs: Sequence[tuple[str, str]],
) -> Iterator[str]:
    yield f"| difference | {_named(seeds)} | mean | 95 % interval |"
    yield "|---" * (len(seeds) + 3) + "|"
    for better, worse in pairs:
        chips = np.moveaxis(np.stack([hits[better], hits[worse]]), 2, 0)
        values = " | ".join(f"{_gain(list(chips[:, :, [k]])):+.3f}" for k in range(len(seeds)))
        over = bootstrap(list(chips), _gain, groups)
        interval = f"{over.low:+.3f} to {over.high:+.3f}" if math.isfinite(over.low) else "–"
        yield f"| {better} against {worse} | {values} | {over.value:+.3f} | {interval} |"


def _gain(chips: Sequence[NDArray[np.float64]]) -> float:
    """Return by how much the mean share of a variant is above that of another, over seeds.

    Parameters
    ----------
    chips : sequence of ndarray of float64, shape (2, seeds, 2, M)
        Of both variants.
    """
    better, worse = np.sum(chips, axis=0)
    return float(_shares(better).mean() - _shares(worse).mean())


def _shares(summed: NDArray[np.float64]) -> Weights:
    """Return the share of right answers of each seed, of what all chips add (seeds, 2, M)."""
    return np.asarray(summed[:, 0] / summed[:, 1])


def _figure_table(seeds: Sequence[int], figures: Sequence[Sequence[Figure]]) -> Iterator[str]:
    yield f"| what | measure | {_named(seeds)} | mean |"
    yield "|---" * (len(seeds) + 3) + "|"
    by_name = [{(f.data, f.measure): f.value for f in each} for each in figures]
    for data, measure in dict.fromkeys(name for each in by_name for name in each):
        values = [each.get((data, measure)) for each in by_name]
        cells = " | ".join("–" if value is None else f"{value:.2f}" for value in values)
        known = np.array([value for value in values if value is not None])
        yield f"| {data} | {measure} | {cells} | {_spread(known)} |"


def _named(seeds: Sequence[int]) -> str:
    return " | ".join(f"seed {seed}" for seed in seeds)


def _spread(values: NDArray[np.float64]) -> str:
    """Return mean and standard deviation over seeds as text."""
    if len(values) < 2:
        return f"{values.mean():.3f}"
    return f"{values.mean():.3f} ± {values.std(ddof=1):.3f}"
