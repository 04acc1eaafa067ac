"""``search``: the places of scenes that fit a text best."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
from torch import Tensor

from sargeo.errors import NothingValidError, UnknownRadiometryError, UsageError, require_finite
from sargeo.geo.antimeridian import unwrap
from sargeo.geo.footprint import footprint_lonlat
from sargeo.inference.progress import RunProgress
from sargeo.inference.report import RunReport
from sargeo.inference.run import InferenceRun
from sargeo.language.cells import CellSource, open_cells
from sargeo.language.places import LEAST_KNOWN, PlacePlan, PlacePooler, best_places
from sargeo.language.speaking import clean_texts, speaking_model, text_vectors
from sargeo.model.api import SarModel
from sargeo.products.places import check_places_path, write_places
from sargeo.reporting import Reporter
from sargeo.scene.rasterfile import bounded_cache

if TYPE_CHECKING:
    from sargeo.scene.assumptions import Assumptions


_TOLERANCE_DEG = 1e-6
"""Outlines of places keep their shape within a decimetre."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchReport(RunReport):
    """What `search` found, beside what every `RunReport` tells.

    Attributes
    ----------
    places : GeoDataFrame
        Rectangles in EPSG:4326 with text, rank (from 1, by text), score (cosine), scene, lon and
        lat (of the middle, in degrees) and extent_m; by text and rank.
    output : Path or None
        The file that was written.
    """

    places: gpd.GeoDataFrame
    output: Path | None

    def to_dict(self) -> dict[str, object]:
        """Return the report as plain values for JSON."""
        table = self.places.drop(columns=self.places.geometry.name)
        # Not by super(): classes with slots are made anew, and are not the one that it knows.
        return RunReport.to_dict(self) | {"places": table.to_dict(orient="records")}


def search(
    scenes: Sequence[str | Path],
    texts: Sequence[str],
    model: SarModel | str | Path = "sargeo-tiny",
    output: str | Path | None = None,
    *,
    top: int = 20,
    extent_m: float = 1000.0,
    assume: Assumptions | str | None = None,
    device: str = "auto",
    batch_size: int | None = None,
    reporter: Reporter | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> SearchReport:
    """Rank the places of scenes, or of their embeddings, by how well they fit each text.

    Places are square windows that step by half a side over each scene. Of those that overlap,
    only the best is listed.

    Parameters
    ----------
    scenes : sequence of str or Path
        Scenes, or files that `embed` wrote, in any CRSs.
    texts : sequence of str
        Each has a ranking of its own, over all scenes.
    output : str or Path, optional
        File to write: ``.gpkg``, ``.geojson`` or ``.csv``; one that is there is replaced.
    top : int
        Places per text.
    extent_m : float
        Side of a place on the ground, in metres.

    Raises
    ------
    sargeo.errors.SargeoError
        By its subclasses, with a remedy each.
    """
    sought = clean_texts(texts)
    target = None if output is None else check_places_path(Path(output))
    _check(scenes, top, extent_m)
    with bounded_cache():
        loaded = speaking_model(model, device)
        query = _Query(sought, text_vectors(loaded, sought), top, extent_m)
        sources = [
            open_cells(scene, loaded, assume=assume, batch_size=batch_size) for scene in scenes
        ]
        run = InferenceRun(loaded, "search", reporter, cancelled)
        places = _ranked(_search_all(sources, query, run), query)
    if target is not None:
        write_places(target, places)
    return SearchReport(places=places, output=target, **run.effort(_pixels(sources)))


@dataclass(frozen=True)
class _Query:
    """Texts with a vector (K, D) of unit length for each, and what places are asked for."""

    texts: tuple[str, ...]
    vectors: Tensor
    top: int
    extent_m: float


def _check(scenes: Sequence[str | Path], top: int, extent_m: float) -> None:
    if not scenes:
        raise UsageError("No scene was given.", "Give at least one scene or embedding.")
    if top < 1:
        raise UsageError(f"The best {top} places are none.", "Ask for 1 or more.")
    require_finite("An extent", extent_m)
    if not extent_m > 0:
        raise UsageError(
            f"Places of {extent_m:g} m have no area.", "Give an extent above 0 metres."
        )


def _plan(source: CellSource, extent_m: float) -> PlacePlan:
    header = source.header
    if header.cell_size_m is None:
        raise UnknownRadiometryError(
            f"{header.source} does not say how large its pixels are on the ground.",
            "Give --assume gsd=METRES.",
        )
    return PlacePlan.of(header.cells.shape, header.cell_size_m, extent_m)


def _pixels(sources: Sequence[CellSource]) -> int:
    return sum(source.header.scene.grid().block.size for source in sources)


def _search_all(
    sources: Sequence[CellSource], query: _Query, run: InferenceRun
) -> list[dict[str, Any]]:
    plans = [_plan(source, query.extent_m) for source in sources]  # refuses before any work
    names = ", ".join(source.header.source for source in sources)
    steps = sum(source.steps for source in sources)
    progress = run.start({"scene": names}, steps, _pixels(sources))
    with run.phase(progress, "search"):
        return [
            row
            for source, plan in zip(sources, plans, strict=True)
            for row in _search(source, plan, query, progress)
        ]


def _search(
    source: CellSource, plan: PlacePlan, query: _Query, progress: RunProgress
) -> Iterator[dict[str, Any]]:
    """Yield the best places of a scene for each text."""
    source.prepare()
    pooler = PlacePooler(plan, query.vectors)
    for strip in source.strips(progress.advance):
        pooler.add(strip)
    cells = source.header.cells
    for text, scores in zip(query.texts, pooler.scores, strict=True):
        for score, block in best_places(scores, plan, query.top):
            lon, lat = cells.lonlat(block.row + block.height / 2, block.col + block.width / 2)
            yield {
                "text": text,
                "score": round(score, 4),
                "scene": source.header.source,
                "lon": round(float(unwrap(lon, 0.0)), 7),
                "lat": round(float(lat), 7),
                "geometry": footprint_lonlat(cells.crop(block)).simplify(_TOLERANCE_DEG),
            }


def _ranked(rows: list[dict[str, Any]], query: _Query) -> gpd.GeoDataFrame:
    if not rows:
        raise NothingValidError(
            f"No place of {query.extent_m:g} m is known to {LEAST_KNOWN:.0%}.",
            "Give a smaller extent, or scenes with more valid pixels.",
        )
    frame = pd.DataFrame(rows)
    frame["text"] = pd.Categorical(frame["text"], categories=list(query.texts))
    frame = frame.sort_values(["text", "score"], ascending=[True, False], kind="stable")
    frame.insert(1, "rank", frame.groupby("text", observed=True).cumcount() + 1)
    frame = frame[frame["rank"] <= query.top].astype({"text": "str"}).reset_index(drop=True)
    frame.insert(len(frame.columns) - 1, "extent_m", query.extent_m)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs="EPSG:4326")
