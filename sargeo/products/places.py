"""Places that a search found, as GeoPackage, GeoJSON or CSV."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd

from sargeo.errors import UsageError
from sargeo.foreign import require_vector_drivers
from sargeo.products.files import replacing, require_writable
from sargeo.products.vector import write_geopackage

LAYER = "places"

SUFFIXES = (".gpkg", ".geojson", ".csv")


def check_places_path(path: Path) -> Path:
    """Return a path that places can be written to.

    Raises
    ------
    UsageError
        If it ends in something else than one of `SUFFIXES`.
    OutputNotWritableError
        If the operating system refuses.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(
            f"{path} is no file of places that sargeo writes.",
            f"End it in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}.",
        )
    if path.suffix.lower() == ".gpkg":
        require_vector_drivers("GPKG")
    require_writable(path)
    return path


def write_places(path: Path, places: gpd.GeoDataFrame) -> None:
    """Write places in EPSG:4326; a CSV has their middles, but not their outlines.

    Raises
    ------
    sargeo.errors.DiskFullError, sargeo.errors.OutputNotWritableError
        If the operating system refuses.
    """
    with replacing(path) as part:
        match path.suffix.lower():
            case ".gpkg":
                write_geopackage(part, places, layer=LAYER)
            case ".geojson":
                part.write_text(places.to_json(drop_id=True), encoding="utf-8", newline="\n")
            case _:
                table = places.drop(columns=places.geometry.name)
                table.to_csv(part, index=False, encoding="utf-8", lineterminator="\n")
