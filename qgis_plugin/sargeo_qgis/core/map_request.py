"""What `sargeo map` is asked, and how that is written on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PRODUCTS = ("landcover", "objects")


@dataclass(frozen=True)
class MapRequest:
    """A scene to map, and how.

    Parameters
    ----------
    scene : str
        Path as GDAL understands it.
    output_folder : Path
    aoi : Path, optional
        Polygons; outside them is nodata.
    model : str
        Name or folder; empty for the default, as for other texts.
    products : tuple of str
        Of `PRODUCTS`.
    cell_size_m : float
        Of the count raster.
    device : str
        ``auto``, ``cpu`` or ``cuda[:N]``.
    assume : str
        What the file does not say.
    min_confidence, uncertain_below : float, optional
        Probabilities, 0 to 1.
    ships_off_land : bool
        Leave out objects on what is mapped as land.
    web_map, overwrite : bool
    """

    scene: str
    output_folder: Path
    aoi: Path | None = None
    model: str = ""
    products: tuple[str, ...] = PRODUCTS
    cell_size_m: float = 500.0
    device: str = "auto"
    assume: str = ""
    min_confidence: float | None = None
    uncertain_below: float | None = None
    ships_off_land: bool = False
    web_map: bool = False
    overwrite: bool = False

    def words(self) -> list[str]:
        """Return the words of the command line after ``sargeo``."""
        options = {
            "--aoi": self.aoi,
            "--model": self.model,
            "--products": ",".join(self.products),
            "--cell-size": f"{self.cell_size_m:.15g}",
            "--device": self.device,
            "--assume": self.assume,
            "--min-confidence": self.min_confidence,
            "--uncertain-below": self.uncertain_below,
            "--land-mask": "auto" if self.ships_off_land else None,
        }
        switches = {"--web-map": self.web_map, "--overwrite": self.overwrite}
        words = ["map", self.scene, "-o", str(self.output_folder)]
        for option, value in options.items():
            if value not in (None, ""):
                words += [option, str(value)]
        return words + [switch for switch, on in switches.items() if on]
