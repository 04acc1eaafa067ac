"""Everything that is settled before the first pixel is mapped."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from sargeo.errors import UsageError
from sargeo.mapping.options import MapOptions
from sargeo.model.api import SarModel
from sargeo.model.spec import SpacingSpec
from sargeo.scene.area import PolygonArea
from sargeo.scene.resample import RescaledScene, WarpedScene, local_utm_grid
from sargeo.scene.scene import Scene
from sargeo.tiling.batch import Acquisition
from sargeo.tiling.plan import Stripe
from sargeo.tiling.sweep import Tiling

BATCH_SIZE = {"cuda": 16, "cpu": 1}
"""Windows at once, by kind of device. On a processor one window of 512 pixels keeps all cores
busy, and more only cost memory."""


@dataclass(frozen=True)
class Job:
    """One run: what is mapped, with what, and how it is cut.

    Attributes
    ----------
    scene : Scene
        As the user gave it; products come back on its grid.
    work : Scene
        The scene on the grid that the network works on: the same, unless its ground spacing is
        none that the model was trained for.
    area, work_area : PolygonArea or None
        The area of interest on both grids.
    """

    scene: Scene
    work: Scene
    model: SarModel
    options: MapOptions
    tiling: Tiling
    acquisition: Acquisition
    area: PolygonArea | None
    work_area: PolygonArea | None

    @classmethod
    def prepare(cls, scene: Scene, model: SarModel, options: MapOptions) -> Job:
        """Settle a run.

        Raises
        ------
        UsageError
            If patch or margin do not fit the model.
        AreaOfInterestError
            If the area of interest cannot be used.
        """
        work = on_trained_spacing(scene, model.spec.spacing)
        interest = options.aoi
        return cls(
            scene=scene,
            work=work,
            model=model,
            options=options,
            tiling=_tiling(model, options),
            acquisition=Acquisition(work.bands, working_gsd_m(work), work.incidence_deg),
            area=None if interest is None else PolygonArea.of_interest(interest, scene.grid),
            work_area=None if interest is None else PolygonArea.of_interest(interest, work.grid),
        )

    @property
    def resampled(self) -> bool:
        """Whether the network works on another grid than the scene's."""
        return self.work is not self.scene

    def stripes(self) -> tuple[Stripe, ...]:
        """Plan the stripes of the full scene."""
        return self.tiling.stripes(self.work.grid.shape, self.model)

    def facts(self) -> dict[str, object]:
        """Tell what is about to happen."""
        return {
            "scene": self.scene.source,
            "name": self.scene.name,
            "model": self.model.spec.name,
            "device": str(self.model.device),
            "rows": self.scene.grid.height,
            "cols": self.scene.grid.width,
            "windows": sum(len(s.windows) for s in self.stripes()),
            "resampled": self.resampled,
        }

    def manifest(self, normalisation: Mapping[str, object]) -> dict[str, object]:
        """Tell all that the stripes' results depend on."""
        spec = self.model.spec
        return {
            "input": _fingerprint(self.scene),
            "bands": [asdict(b) for b in self.scene.bands],
            "grid": {
                "crs": self.work.grid.crs.to_string(),
                "transform": list(self.work.grid.transform)[:6],
                "shape": list(self.work.grid.shape),
            },
            "normalisation": dict(normalisation),
            "acquisition": {
                "gsd_m": self.acquisition.gsd_m,
                "incidence_deg": self.acquisition.incidence_deg,
            },
            "model": {
                "name": spec.name,
                "version": spec.version,
                "weights_sha256": spec.weights_sha256,
            },
            "tiling": asdict(self.tiling),
            "area_of_interest": None
            if self.work_area is None
            else [p.wkt for p in self.work_area.polygons],
            "device": self.model.device.type,
            "dtype": str(self.model.dtype).removeprefix("torch."),
            "threads": torch.get_num_threads(),
            "versions": software_versions(),
        }


def on_trained_spacing(scene: Scene, spacing: SpacingSpec) -> Scene:
    """Return the scene on a grid whose ground spacing the model was trained for.

    The scene itself, where its spacing is one everywhere or says nothing about the ground;
    resampled by one factor per axis, where that brings all of it within the model's range;
    else on a local UTM grid (high latitudes in degrees or Mercator).
    """
    if not scene.gsd_known:
        return scene
    axes = ground_spacing_m(scene)
    low = np.array([axis.min() for axis in axes])
    high = np.array([axis.max() for axis in axes])
    if (low >= spacing.min_m).all() and (high <= spacing.max_m).all():
        return scene
    factors = spacing.preferred_m / np.sqrt(low * high)
    if (low * factors >= spacing.min_m).all() and (high * factors <= spacing.max_m).all():
        return RescaledScene(scene, float(factors[0]), float(factors[1]))
    return WarpedScene(scene, local_utm_grid(scene.grid, spacing.preferred_m))


def ground_spacing_m(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """Return ground spacings per axis over the scene in metres: geodesic, or as assumed."""
    if scene.assumed_gsd_m is not None:
        assumed = np.array([scene.assumed_gsd_m])
        return assumed, assumed
    return scene.grid.sampled_spacing_m()


def working_gsd_m(scene: Scene) -> tuple[float, float] | None:
    """Return the typical ground spacing (row to row, column to column), or None if unknown."""
    if not scene.gsd_known:
        return None
    down, across = ground_spacing_m(scene)
    return float(np.median(down)), float(np.median(across))


def software_versions() -> dict[str, str]:
    """Return the versions of what a result depends on."""
    names = ("sargeo", "torch", "timm", "numpy", "rasterio")
    return {"python": platform.python_version(), "platform": sys.platform} | {
        name: version(name) for name in names
    }


def _tiling(model: SarModel, options: MapOptions) -> Tiling:
    patch = options.patch if options.patch is not None else model.spec.patch
    margin = options.margin if options.margin is not None else model.spec.margin
    step = model.alignment
    for name, value in (("patch", patch), ("margin", margin)):
        if value % step or value < 0:
            raise UsageError(
                f"A {name} of {value} pixels does not fit the model.",
                f"Give a multiple of {step}.",
            )
    if patch - 2 * margin < step:
        raise UsageError(
            f"A margin of {margin} leaves nothing of a patch of {patch} pixels.",
            f"Give a margin of at most {max(0, (patch - step) // 2 // step * step)}.",
        )
    return Tiling(patch, margin, options.batch_size or BATCH_SIZE[model.device.type])


def _fingerprint(scene: Scene) -> dict[str, object]:
    """Tell one input from another without reading all of it: address, size and time of change."""
    path = Path(scene.source)
    try:
        status = path.stat()
    except OSError:  # /vsi paths and arrays have no file
        return {"source": scene.source}
    return {
        "source": str(path.resolve()),
        "bytes": status.st_size,
        "modified_ns": status.st_mtime_ns,
    }
