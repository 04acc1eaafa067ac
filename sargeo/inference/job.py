"""Everything that is settled before a model sees the first pixel of a scene."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Self

import torch

from sargeo.errors import UsageError
from sargeo.geo.aoi import PolygonArea
from sargeo.geo.grid import Block
from sargeo.inference.working_grid import on_trained_spacing, working_gsd_m
from sargeo.model.api import SarModel
from sargeo.scene.notices import notices
from sargeo.scene.scene import Scene
from sargeo.tiling.batch import Acquisition
from sargeo.tiling.plan import Stripe
from sargeo.tiling.sweep import Tiling

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    from numpy.typing import NDArray

BATCH_SIZE = {"cuda": 16, "cpu": 1}
"""Windows at once, by kind of device. On a processor one window of 512 pixels keeps all cores
busy, and more only cost memory."""


@dataclass(frozen=True)
class InferenceJob:
    """One pass of a model over a scene: what is looked at, with what, and how it is cut.

    Attributes
    ----------
    scene : Scene
        As the user gave it.
    work : Scene
        The scene on the working grid, which the network sees: the same, unless its ground spacing
        is none that the model was trained for.
    area, work_area : PolygonArea or None
        The area of interest on both grids.
    """

    scene: Scene
    work: Scene
    model: SarModel
    tiling: Tiling
    acquisition: Acquisition
    area: PolygonArea | None
    work_area: PolygonArea | None

    @classmethod
    def of(
        cls,
        scene: Scene,
        model: SarModel,
        *,
        aoi: Path | gpd.GeoDataFrame | None = None,
        batch_size: int | None = None,
        patch: int | None = None,
        margin: int | None = None,
    ) -> Self:
        """Settle a pass; what is None is the device's or the model's own.

        Raises
        ------
        UsageError
            If batch size, patch or margin do not fit the model.
        AreaOfInterestError
            If the area of interest cannot be used.
        SpacingRefusedError
            If the scene's spacing is too far from what the model was trained for.
        """
        tiling = _tiling(model, patch, margin, batch_size)
        work = on_trained_spacing(scene, model.spec.spacing)
        return cls(
            scene=scene,
            work=work,
            model=model,
            tiling=tiling,
            acquisition=Acquisition(
                work.bands, working_gsd_m(work), work.incidence_deg, work.platform
            ),
            area=None if aoi is None else PolygonArea.of_interest(aoi, scene.grid),
            work_area=None if aoi is None else PolygonArea.of_interest(aoi, work.grid),
        )

    @property
    def resampled(self) -> bool:
        """Whether the network works on another grid than the scene's."""
        return self.work is not self.scene

    def stripes(self) -> tuple[Stripe, ...]:
        """Plan the stripes of the full scene."""
        return self.tiling.stripes(self.work.grid.shape, self.model)

    @property
    def windows(self) -> int:
        """How many windows the full scene takes."""
        stripes, each = self.tiling.count(self.work.grid.shape, self.model)
        return stripes * each

    def wanted(self, block: Block) -> NDArray[np.bool_]:
        """Tell in which pixels of the scene a result is asked for: valid, and of interest."""
        valid = self.scene.read(block).valid
        return valid if self.area is None else valid & self.area.mask(block)

    def facts(self) -> dict[str, object]:
        """Tell what is about to happen."""
        return {
            "scene": self.scene.source,
            "name": self.scene.name,
            "model": self.model.spec.name,
            "device": str(self.model.device),
            "rows": self.scene.grid.height,
            "cols": self.scene.grid.width,
            "windows": self.windows,
            "resampled": self.resampled,
            "notices": list(notices(self.scene)),
        }

    def settings(self, normalisation: Mapping[str, object]) -> dict[str, object]:
        """Tell all that the results depend on, as plain values for JSON."""
        spec = self.model.spec
        return {
            "input": _fingerprint(self.scene),
            "bands": [asdict(b) for b in self.scene.bands],
            "left_out": [c.position for c in getattr(self.scene, "companions", ())],
            "notices": list(notices(self.scene)),
            "grid": {
                "crs": self.work.grid.crs.to_string(),
                "transform": list(self.work.grid.transform)[:6],
                "shape": list(self.work.grid.shape),
            },
            "normalisation": dict(normalisation),
            "acquisition": {
                "gsd_m": self.acquisition.gsd_m,
                "incidence_deg": self.acquisition.incidence_deg,
                "sensor": self.acquisition.sensor,
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


def software_versions() -> dict[str, str]:
    """Return the versions of what a result depends on."""
    names = ("sargeo", "torch", "numpy", "rasterio")
    return {"python": platform.python_version(), "platform": sys.platform} | {
        name: _version(name) for name in names
    }


_version = cache(version)  # reads and parses a file, torch's of 38 kB


def findable(source: str) -> str:
    """Return the full path of a file, so that its products find it from any folder."""
    path = Path(source)
    return str(path.resolve()) if path.is_file() else source


def _tiling(
    model: SarModel, patch: int | None, margin: int | None, batch_size: int | None
) -> Tiling:
    patch = model.spec.patch if patch is None else patch
    margin = model.spec.margin if margin is None else margin
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
    if batch_size is not None and batch_size < 1:
        raise UsageError(
            f"A batch of {batch_size} windows is empty.", "Give a batch size of 1 or more."
        )
    return Tiling(patch, margin, batch_size or BATCH_SIZE[model.device.type])


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
