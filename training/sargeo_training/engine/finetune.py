"""A model for an analyst's own classes, from polygons on a scene and a model to start from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import numpy as np
import torch
from numpy.typing import NDArray
from rasterio.features import rasterize
from rich.console import Console

from sargeo.errors import ReferenceDataError
from sargeo.geo.grid import Block
from sargeo.geo.placement import on_grid
from sargeo.geo.vectors import POLYGONS, read_vectors
from sargeo.inference.working_grid import on_trained_spacing, working_gsd_m
from sargeo.model.knowlip import SarKnowlip
from sargeo.model.registry import DEFAULT_MODEL, resolve
from sargeo.model.spec import ClassSpec, ModelSpec
from sargeo.model.storage import load_spec, save_model
from sargeo.scene.open import open_scene
from sargeo.scene.radiometry import Normalisation
from sargeo.scene.scene import Scene
from sargeo_training.crops.samples import cut
from sargeo_training.engine.material import mixture
from sargeo_training.engine.networks import (
    MAPPING_PARTS,
    model_spec,
    new_network,
    take_from,
)
from sargeo_training.engine.run import refuse_other_run, settle
from sargeo_training.engine.stages import train_stage
from sargeo_training.engine.streams import Streams
from sargeo_training.evaluation.calibration import fit_temperature
from sargeo_training.evaluation.scoring import ScoredTile, answer, scored, tiles_of
from sargeo_training.images import UNKNOWN, LabelledImage, Source, Split
from sargeo_training.settings.config import Card, Config, Dense, Network, Stage, Validation

_COLOURS = (
    "#1f77b4",
    "#ff7f0e",
    "#2ca02c",
    "#d62728",
    "#9467bd",
    "#8c564b",
    "#e377c2",
    "#bcbd22",
    "#17becf",
    "#aec7e8",
    "#ffbb78",
    "#98df8a",
    "#ff9896",
    "#c5b0d5",
    "#c49c94",
    "#dbdb8d",
)
_CODE_STEP = 10
_TILE_PX, _AROUND_PX = 1024, 96
_VALIDATION_SHARE = 0.25
_STAGE = "finetune"


@dataclass(frozen=True)
class Ground:
    """The labelled parts of a scene, on the grid that a model works on.

    Attributes
    ----------
    legend : tuple of ClassSpec
    images : tuple of LabelledImage
        Trained on and validated on; no polygon is in both, and no pixel.
    """

    legend: tuple[ClassSpec, ...]
    images: tuple[LabelledImage, ...]


def finetune(
    scene: Path,
    polygons: Path,
    field: str,
    output: Path,
    *,
    start: str = DEFAULT_MODEL,
    assume: str | None = None,
    steps: int = 300,
    seed: int = 0,
    resume: bool = False,
) -> ModelSpec:
    """Make a model that maps the classes of polygons.

    Parameters
    ----------
    scene : Path
        Whatever can be mapped.
    polygons : Path
        Vector file in any CRS; two polygons of each class at least, so that one can validate.
    field : str
        Whose values name the classes.
    output : Path
        Gets the run, and in ``model`` the model.
    start : str
        Name or folder of the model to start from.
    assume : str, optional
        What the scene's file does not say, as for ``sargeo map``.
    steps, seed : int
    resume : bool
        Go on from the last checkpoint; without one, start.

    Returns
    -------
    ModelSpec
        Of the new model.

    Raises
    ------
    ReferenceDataError
        If the polygons cannot be used.
    UsageError
        If the output holds a run already, or one of other settings.
    """
    before = load_spec(resolve(start))
    opened = on_trained_spacing(open_scene(scene, assume=assume), before.spacing)
    ground = label(opened, polygons, field, before, seed)
    config = _config(before, ground.legend, scene.stem, steps, seed)
    refuse_other_run(config, output, resume=resume)
    settle(config, output)
    network = _train(_with_new_head(config, start), config, ground, output, resume=resume)
    spec = _spec(before, config, _score(network, ground, config.network.codes))
    return save_model(output / "model", network, spec)


def _train(
    network: SarKnowlip, config: Config, ground: Ground, output: Path, *, resume: bool
) -> SarKnowlip:
    console = Console(stderr=True, soft_wrap=True)

    def validate(network: SarKnowlip) -> float:
        score = mean_recall(_score(network, ground, config.network.codes))
        console.print(f"validation {score:.4f}")
        return score

    source = Source(config.card.name, 1.0, ground.images, "of the user")
    streams = Streams(mixture(config, [source]))
    (stage,) = config.stages
    return train_stage(
        network,
        config,
        stage,
        streams,
        output,
        validate=validate,
        say=console.print,
        resume=resume,
    )


def label(scene: Scene, polygons: Path, field: str, model: ModelSpec, seed: int) -> Ground:
    """Cut the parts of a scene that polygons lie in, with their classes.

    Raises
    ------
    ReferenceDataError
        If the file cannot be read, lacks the field, or holds fewer than two classes, more than
        there are colours, or none within the scene; or nothing is left to validate a class on.
    """
    frame = _read(scene, polygons, field)
    names = sorted(frame[field].astype(str).unique())
    if not 2 <= len(names) <= len(_COLOURS):
        raise ReferenceDataError(
            f"The field {field} of {polygons} holds {len(names)} classes within the scene.",
            f"Give polygons of 2 to {len(_COLOURS)} classes.",
        )
    legend = tuple(
        ClassSpec(code=_CODE_STEP * k, name=name, colour=colour)
        for k, (name, colour) in enumerate(zip(names, _COLOURS, strict=False), start=1)
    )
    codes = frame[field].astype(str).map({c.name: c.code for c in legend})
    references = tuple(
        1.0 if r is None else r
        for r in Normalisation.of_scene(scene, model.normalisation.constants()).references
    )
    validates = _validates(codes.to_numpy(), seed)
    burnt: dict[Split, NDArray[np.uint8]] = {
        "train": _burn(scene, frame[~validates], codes[~validates]),
        "validation": _burn(scene, frame[validates], codes[validates]),
    }
    burnt["validation"][burnt["train"] != UNKNOWN] = UNKNOWN
    _refuse_unvalidated(legend, burnt["validation"])
    images = [
        image
        for split, labels in burnt.items()
        for image in _images(scene, labels, split, references)
    ]
    return Ground(legend, tuple(images))


def mean_recall(tiles: Sequence[ScoredTile]) -> float:
    """Return the share of cells that are found, averaged over classes."""
    true = np.concatenate([t.classes for t in tiles])
    said = np.concatenate([t.logits.argmax(1) for t in tiles])
    return float(np.mean([(said[true == k] == k).mean() for k in np.unique(true)]))


@dataclass(frozen=True)
class _SceneImage(LabelledImage):
    """A part of a scene, normalised as the whole scene is."""

    of_scene: tuple[float, ...] = ()

    @cached_property
    def references(self) -> tuple[float, ...]:
        return self.of_scene


def _read(scene: Scene, polygons: Path, field: str) -> gpd.GeoDataFrame:
    frame = read_vectors(polygons, ReferenceDataError, "file of polygons", POLYGONS)
    if field not in frame:
        fields = ", ".join(frame.columns.drop(frame.geometry.name)) or "none"
        raise ReferenceDataError(
            f"{polygons} has no field {field}.",
            f"Name the field that holds the classes: {fields}.",
        )
    frame = frame[frame[field].notna()]
    frame = frame.set_geometry(on_grid(frame.geometry, scene.grid))
    rows, cols = scene.grid.shape
    corners = scene.grid.xy(np.array([0, 0, rows, rows]), np.array([0, cols, 0, cols]))
    left, right = min(corners[0]), max(corners[0])
    low, high = min(corners[1]), max(corners[1])
    return frame.cx[left:right, low:high].reset_index(drop=True)


def _validates(codes: NDArray[np.int64], seed: int) -> NDArray[np.bool_]:
    """Draw polygons to validate on: some of each class, and never its only one."""
    rng = np.random.default_rng(seed)
    chosen = np.zeros(len(codes), dtype=bool)
    for code in np.unique(codes):
        places = rng.permutation(np.flatnonzero(codes == code))
        if len(places) < 2:
            raise ReferenceDataError(
                "A class has a single polygon, which cannot both teach and validate.",
                "Draw at least two polygons of every class, better ten.",
            )
        chosen[places[: max(1, round(_VALIDATION_SHARE * len(places)))]] = True
    return chosen


def _burn(scene: Scene, frame: gpd.GeoDataFrame, codes: Sequence[int]) -> NDArray[np.uint8]:
    """Return the codes of polygons on the grid of a scene."""
    burnt = rasterize(
        zip(frame.geometry, codes, strict=True),
        out_shape=scene.grid.shape,
        transform=scene.grid.transform,
        fill=UNKNOWN,
        dtype=np.uint8,
    )
    return np.asarray(burnt)


def _refuse_unvalidated(legend: Sequence[ClassSpec], labels: NDArray[np.uint8]) -> None:
    for each in legend:
        if not (labels == each.code).any():
            raise ReferenceDataError(
                f"The polygons of {each.name} that validate hold no pixel of their own: they lie "
                "in others, or are smaller than a pixel.",
                "Draw polygons that do not overlap, or another one of this class.",
            )


def _images(
    scene: Scene, labels: NDArray[np.uint8], split: Split, references: tuple[float, ...]
) -> Iterator[LabelledImage]:
    """Read the tiles of a scene that hold labels, with some ground around."""
    gsd_m = working_gsd_m(scene)
    whole = Block(0, 0, *scene.grid.shape)
    for row in range(0, whole.height, _TILE_PX):
        for col in range(0, whole.width, _TILE_PX):
            inner = Block(row, col, _TILE_PX, _TILE_PX).intersection(whole)
            if inner is None or not labels[inner.slices()].any():
                continue
            side = _TILE_PX + 2 * _AROUND_PX
            block = Block(row - _AROUND_PX, col - _AROUND_PX, side, side).intersection(whole)
            raster = scene.read(block or inner)
            own = np.zeros(raster.valid.shape, dtype=np.uint8)
            own[inner.slices(block or inner)] = labels[inner.slices()]
            yield _SceneImage(
                name=f"{scene.name}_{row}_{col}",
                split=split,
                values=raster.values,
                bands=raster.bands,
                valid=raster.valid,
                labels=np.where(raster.valid, own, np.uint8(UNKNOWN)),
                searched=np.zeros_like(raster.valid),
                gsd_m=gsd_m,
                incidence_deg=scene.incidence_deg,
                platform=scene.platform,
                of_scene=references,
            )


def _config(
    before: ModelSpec, legend: tuple[ClassSpec, ...], title: str, steps: int, seed: int
) -> Config:
    """Return settings: the network of a model without language, and a head of its own."""
    names = ", ".join(c.name for c in legend)
    limits = (
        f"Made from {before.name} {before.version} for the classes {names}, on one scene: check it "
        "on others.",
        "Ships were not taught again: check them, or map without objects.",
    )
    return Config(
        card=Card(
            name=f"{title}-classes",
            summary=f"Land cover in the classes {names}.",
            limits=limits,
            patch=before.patch,
            margin=before.margin,
            spacing=before.spacing,
        ),
        seed=seed,
        network=Network(tower=before.tower, sensors=before.sensors, legend=legend),
        dense=Dense(batch_size=8),
        # A few polygons are soon learnt by heart.
        validation=Validation(keep="best"),
        stages=(Stage(name=_STAGE, steps=steps, learning_rate=5e-4, losses={"landcover": 1.0}),),
    )


def _with_new_head(config: Config, model: str) -> SarKnowlip:
    """Return a network with the weights of a model but for the head of land cover."""
    torch.manual_seed(config.seed)
    network = new_network(config)
    take_from(network, model, set(MAPPING_PARTS) - {"landcover"})
    return network


def _score(network: SarKnowlip, ground: Ground, codes: Sequence[int]) -> list[ScoredTile]:
    """Run a network over the tiles that validate."""
    device = next(network.parameters()).device
    tiles = []
    for image in ground.images:
        for block in tiles_of(image) if image.split == "validation" else ():
            sample = cut(image, block)
            tiles.append(
                scored("scene", image, block, sample, *answer(network, sample, device), codes=codes)
            )
    return tiles


def _spec(before: ModelSpec, config: Config, tiles: Sequence[ScoredTile]) -> ModelSpec:
    """Return the spec of the new model, calibrated on what validates."""
    return model_spec(config, before.sources).model_copy(
        update={
            "temperature": fit_temperature(tiles),
            "min_confidence": before.min_confidence,
            "normalisation": before.normalisation,
            "licence": before.licence,
        }
    )
