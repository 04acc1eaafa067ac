"""``caption`` and ``ask``: what a model says of the places of a scene, and how sure it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from sargeo.errors import AreaOfInterestError
from sargeo.geo.antimeridian import unwrap
from sargeo.geo.aoi import PolygonArea
from sargeo.geo.grid import Block
from sargeo.inference.job import InferenceJob
from sargeo.inference.run import nothing_valid
from sargeo.language.speaking import clean_texts, refuse_long_question, writing_model
from sargeo.model.api import SarModel
from sargeo.scene.open import open_scene
from sargeo.scene.radiometry import Normalisation
from sargeo.scene.rasterfile import bounded_cache
from sargeo.tiling.batch import Batch
from sargeo.tiling.plan import Window, plan_stripes, plan_windows
from sargeo.tiling.source import SceneSource
from sargeo.tiling.stream import stream

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    from sargeo.scene.assumptions import Assumptions
    from sargeo.scene.scene import Scene

MOST_PLACES = 16
"""Looks at one scene: more texts than that nobody reads, and a search finds places better."""

LEAST_PX = 128
"""Side of the smallest look: less says too little of what lies around."""

_START_OF_SENTENCE = re.compile(r"(?:^|(?<=[.!?] ))[a-z]")


@dataclass(frozen=True, slots=True)
class PlaceText:
    """What is said of one place.

    Attributes
    ----------
    text : str
    lon, lat : float
        Of the middle, in degrees.
    height_m, width_m : float or None
        On the ground; None where the spacing is unknown.
    valid_share : float
        Of the place's pixels, 0 to 1.
    contrast : float
        Similarity (cosine) of place and text, -1 to 1.
    matching : float
        Probability that place and text belong together, as the model sees it.
    """

    text: str
    lon: float
    lat: float
    height_m: float | None
    width_m: float | None
    valid_share: float
    contrast: float
    matching: float


@dataclass(frozen=True, slots=True)
class Description:
    """What a model says of a scene.

    Attributes
    ----------
    scene, model, device : str
    question : str or None
        None where nothing was asked.
    places : tuple of PlaceText
        From the upper left, row by row.
    """

    scene: str
    model: str
    device: str
    question: str | None
    places: tuple[PlaceText, ...]

    def to_dict(self) -> dict[str, object]:
        """Return it as plain values for JSON, without a question where none was asked."""
        facts = asdict(self)
        if self.question is None:
            del facts["question"]
        return facts


def caption(
    scene: Scene | str | Path | xr.DataArray,
    model: SarModel | str | Path = "sargeo-tiny",
    *,
    aoi: Path | gpd.GeoDataFrame | None = None,
    assume: Assumptions | str | None = None,
    device: str = "auto",
) -> Description:
    """Describe a scene, or the rectangle around an area of interest.

    What is larger than one window of the model is cut into windows without overlap as far as
    that goes, and each is described on its own.

    Raises
    ------
    sargeo.errors.AreaOfInterestError
        If that takes more than `MOST_PLACES` windows, or the area misses the scene.
    sargeo.errors.SargeoError
        By its other subclasses, with a remedy each.
    """
    loaded = writing_model(model, device)
    return _describe(scene, loaded, None, aoi, assume)


def ask(
    scene: Scene | str | Path | xr.DataArray,
    question: str,
    model: SarModel | str | Path = "sargeo-tiny",
    *,
    aoi: Path | gpd.GeoDataFrame | None = None,
    assume: Assumptions | str | None = None,
    device: str = "auto",
) -> Description:
    """Answer a question of a scene, or of the rectangle around an area; see `caption`.

    The scores are those of question and answer together.

    Raises
    ------
    sargeo.errors.UsageError
        If the question is empty, or longer than the model reads.
    sargeo.errors.SargeoError
        As `caption` does.
    """
    (asked,) = clean_texts([question])
    loaded = writing_model(model, device)
    refuse_long_question(loaded, asked)
    return _describe(scene, loaded, asked, aoi, assume)


def _describe(
    scene: Scene | str | Path | xr.DataArray,
    model: SarModel,
    question: str | None,
    aoi: Path | gpd.GeoDataFrame | None,
    assume: Assumptions | str | None,
) -> Description:
    with bounded_cache():
        job = InferenceJob.of(open_scene(scene, assume=assume), model, aoi=aoi)
        looks = _looks(job)
        places = tuple(p for batch in _batches(job, looks) for p in _tell(job, batch, question))
    if not places:
        raise nothing_valid(job.scene.source, "described")
    return Description(job.scene.source, model.spec.name, str(model.device), question, places)


def _looks(job: InferenceJob) -> tuple[Window, ...]:
    """Plan the windows over the area of interest, or over the scene."""
    grid, model = job.work.grid, job.model
    box = grid.block if job.work_area is None else _around(job.work_area, grid.block)
    plan = plan_windows(
        (box.height, box.width), patch=model.spec.patch, margin=0, output_stride=model.alignment
    )
    if len(plan) > MOST_PLACES:
        side = int(MOST_PLACES**0.5) * model.spec.patch
        what = "The scene" if job.work_area is None else "The area of interest"
        raise AreaOfInterestError(
            f"{what} takes {len(plan)} looks at {job.scene.source}, more than the "
            f"{MOST_PLACES} that are described at once.",
            f"Give an --aoi of at most {_size(job, side)}, or find places by sargeo search.",
        )
    return tuple(Window(w.index, _moved(w.read, box), _moved(w.core, box)) for w in plan)


def _around(area: PolygonArea, whole: Block) -> Block:
    """Return the rectangle around an area, of `LEAST_PX` at least as far as the scene reaches."""
    xs, ys = shapely.get_coordinates(list(area.polygons)).T
    rows, cols = area.grid.rowcol(xs, ys)
    (row, height), (col, width) = (
        _span(float(c.min()), float(c.max()), n)
        for c, n in ((rows, whole.height), (cols, whole.width))
    )
    return Block(row, col, height, width)


def _span(low: float, high: float, n: int) -> tuple[int, int]:
    """Return start and length of pixels around an interval, within ``n`` of them."""
    start, stop = max(0, int(np.floor(low))), min(n, int(np.ceil(high)))
    missing = max(0, LEAST_PX - (stop - start))
    start = max(0, min(start - missing // 2, n - LEAST_PX))
    stop = min(n, max(stop, start + LEAST_PX))
    return start, stop - start


def _moved(block: Block, origin: Block) -> Block:
    return Block(block.row + origin.row, block.col + origin.col, block.height, block.width)


def _size(job: InferenceJob, side_px: int) -> str:
    gsd_m = job.acquisition.gsd_m
    if gsd_m is None:
        return f"{side_px} by {side_px} pixels"
    return " by ".join(f"{side_px * spacing / 1000:.3g}" for spacing in gsd_m) + " km"


def _batches(job: InferenceJob, looks: tuple[Window, ...]) -> Iterator[Batch]:
    constants = job.model.spec.normalisation.constants()
    source = SceneSource(job.work, Normalisation.of_scene(job.scene, constants))
    for loaded in stream(source, plan_stripes(looks)):
        yield from loaded.batches(job.tiling.batch_size, job.model.device)


def _tell(job: InferenceJob, batch: Batch, question: str | None) -> Iterator[PlaceText]:
    model, acquisition = job.model, job.acquisition
    if question is None:
        generated = model.describe(batch, acquisition)
        texts = [_with_capitals(text) for text in generated.texts]
    else:
        generated = model.answer(batch, acquisition, question)
        texts = generated.texts
    for i, (window, text) in enumerate(zip(batch.windows, texts, strict=True)):
        read = window.read.intersection(job.work.grid.block) or window.read
        lon, lat = job.work.grid.lonlat(read.row + read.height / 2, read.col + read.width / 2)
        gsd_m = acquisition.gsd_m
        yield PlaceText(
            text=text,
            lon=round(float(unwrap(lon, 0.0)), 6),
            lat=round(float(lat), 6),
            height_m=None if gsd_m is None else round(read.height * gsd_m[0], 1),
            width_m=None if gsd_m is None else round(read.width * gsd_m[1], 1),
            valid_share=round(float(batch.valid[i].sum()) / read.size, 4),
            contrast=round(float(generated.contrast[i]), 4),
            matching=round(float(generated.matching[i]), 4),
        )


def _with_capitals(text: str) -> str:
    """Begin sentences with a capital: models write in lower case."""
    return _START_OF_SENTENCE.sub(lambda letter: letter[0].upper(), text)
