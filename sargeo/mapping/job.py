"""Everything that is settled before the first pixel is mapped."""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd

from sargeo.foreign import require_raster_drivers
from sargeo.geo.mercator import MercatorBox
from sargeo.inference.job import InferenceJob
from sargeo.mapping.options import MapOptions
from sargeo.model.api import SarModel
from sargeo.products.count import CountGrid
from sargeo.products.vector import check_objects_crs
from sargeo.scene.scene import Scene


@dataclass(frozen=True)
class MapJob(InferenceJob):
    """One run: a pass over a scene, and what is made of it; products are on the scene's grid.

    Attributes
    ----------
    options : MapOptions
    """

    options: MapOptions = field(default_factory=MapOptions)

    @property
    def min_confidence(self) -> float:
        """Objects under it are left out: the user's threshold, or else the model's own."""
        wished = self.options.objects.min_confidence
        return self.model.spec.min_confidence if wished is None else wished

    @classmethod
    def prepare(cls, scene: Scene, model: SarModel, options: MapOptions) -> MapJob:
        """Settle a run.

        Raises
        ------
        UsageError
            If patch or margin do not fit the model.
        InputError
            If the area of interest, zones to exclude or a land mask cannot be used, the spacing is
            too far from what the model was trained for, or the web page has no place for the scene.
        """
        base = InferenceJob.of(
            scene,
            model,
            aoi=options.aoi,
            batch_size=options.batch_size,
            patch=options.patch,
            margin=options.margin,
        )
        job = cls(**vars(base), options=options)
        job._check_later_products()
        return job

    @property
    def bytes_per_pixel(self) -> float:
        """What a mapped pixel of the scene takes on the disk while the run works.

        Rows of the rasters before compression, on the scene's grid and, where that is another, on
        the working grid.
        """
        bands = 1 + self.percents
        enlarged = self.work.grid.block.size / self.scene.grid.block.size
        return bands * self.options.landcover + bands * self.resampled * enlarged

    @property
    def percents(self) -> int:
        """How many bands of percents there are: the confidence, and what else is asked for."""
        return 1 + (self.model.channels if self.options.class_probabilities else 0)

    def _check_later_products(self) -> None:
        """Find out now what would end the run once all the work is done."""
        options, grid = self.options, self.scene.grid
        counts = CountGrid.plan(grid, options.cell_size_m)
        if options.web_map:
            for shown in (grid, counts.grid) if options.find_objects else (grid,):
                MercatorBox.around(shown)
        require_raster_drivers("GTiff", "COG")
        if options.find_objects:
            check_objects_crs(grid.crs)
            nothing = gpd.GeoDataFrame({"length_m": []}, geometry=[], crs=grid.crs)
            options.objects.of_files.sift(nothing, None)
