"""What a user may ask of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypedDict, get_args

from sargeo.errors import UsageError
from sargeo.mapping.object_filters import ObjectControls

if TYPE_CHECKING:
    import geopandas as gpd

Product = Literal["landcover", "objects"]
PRODUCTS: tuple[Product, ...] = get_args(Product)


class MapKeywords(TypedDict, total=False):
    """The fields of `MapOptions` as keyword arguments."""

    products: tuple[Product, ...]
    cell_size_m: float
    aoi: Path | gpd.GeoDataFrame | None
    batch_size: int | None
    patch: int | None
    margin: int | None
    objects: ObjectControls
    class_probabilities: bool
    uncertain_below: float | None
    web_map: bool


@dataclass(frozen=True, slots=True)
class MapOptions:
    """What to make of a scene, and how.

    Attributes
    ----------
    products : tuple of {"landcover", "objects"}
    cell_size_m : float
        Wished side of a cell of the count raster in metres; cells are whole pixels.
    aoi : Path, GeoDataFrame or None
        Polygons outside which all is nodata. They change no pixel inside.
    batch_size, patch, margin : int or None
        Instead of the device's and the model's own.
    objects : ObjectControls
        Which objects are kept.
    class_probabilities : bool
        Also write the probabilities of all classes.
    uncertain_below : float or None
        Pixels whose class is less probable get code 254.
    web_map : bool
        Also write the web page.

    Raises
    ------
    UsageError
        If a value makes no sense, or two contradict each other.
    """

    products: tuple[Product, ...] = PRODUCTS
    cell_size_m: float = 500.0
    aoi: Path | gpd.GeoDataFrame | None = None
    batch_size: int | None = None
    patch: int | None = None
    margin: int | None = None
    objects: ObjectControls = field(default_factory=ObjectControls)
    class_probabilities: bool = False
    uncertain_below: float | None = None
    web_map: bool = False

    def __post_init__(self) -> None:
        unknown = sorted(set(self.products) - set(PRODUCTS))
        if unknown or not self.products:
            raise UsageError(
                f"{unknown[0]!r} is no product." if unknown else "No product was asked for.",
                f"Choose from {', '.join(PRODUCTS)}.",
            )
        if not self.cell_size_m > 0:
            raise UsageError(
                f"Count cells of {self.cell_size_m:g} m have no area.",
                "Give a cell size above 0 metres.",
            )
        if self.uncertain_below is not None and not 0 <= self.uncertain_below <= 1:
            raise UsageError(
                f"{self.uncertain_below:g} is not a probability.",
                "Give a number from 0 to 1 as the limit of the uncertain class.",
            )
        self._need_landcover()

    @property
    def landcover(self) -> bool:
        """Whether the land-cover rasters are asked for."""
        return "landcover" in self.products

    @property
    def find_objects(self) -> bool:
        """Whether counts and points are asked for."""
        return "objects" in self.products

    def _need_landcover(self) -> None:
        if self.landcover:
            return
        for asked, what in (
            (self.class_probabilities, "Class probabilities"),
            (self.uncertain_below is not None, "The uncertain class"),
            (self.objects.wants_map, "A land mask from the map"),
        ):
            if asked:
                raise UsageError(
                    f"{what} cannot be had without land cover.",
                    "Add landcover to the products.",
                )
