"""Options that commands share, with their help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sargeo_cli.progress import ProgressStyle

OBJECTS = "Objects"
MACHINE = "Machine"

DEFAULT_MODEL = "sargeo-tiny"

# A string, not a path: pathlib would fold the slashes of s3:// and the like.
Scene = Annotated[
    str, typer.Argument(metavar="SCENE", help="GeoTIFF, or a path that GDAL opens (/vsi…).")
]
SceneOrEmbedding = Annotated[
    str,
    typer.Argument(
        metavar="SCENE|EMBEDDING", help="A scene, or what sargeo embed wrote: nothing is encoded."
    ),
]
Texts = Annotated[
    list[str],
    typer.Option(metavar="WORDS", help="Text to search for or to map; repeatable."),
]
OutDir = Annotated[
    Path, typer.Option("-o", "--output", metavar="OUT_DIR", help="Folder of the products.")
]
Model = Annotated[str, typer.Option(metavar="NAME|FOLDER", help="Model, by name or folder.")]
Products = Annotated[str, typer.Option(metavar="NAME[,NAME…]", help="Products to write.")]
CellSize = Annotated[float, typer.Option(metavar="METRES", help="Cell size of the count raster.")]
Aoi = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Area of interest: polygons in any CRS. Pixels outside are nodata."
    ),
]
AroundAoi = Annotated[
    Path | None,
    typer.Option(
        "--aoi",
        metavar="FILE",
        help="Area of interest: polygons in any CRS. Their bounding box is described.",
    ),
]
Assume = Annotated[
    str,
    typer.Option(
        metavar="KEY[,KEY…]",
        help="Metadata that the file lacks: db, linear or amplitude; vv, vh, hh, hv in band order; "
        "gsd=METRES; platform=NAME.",
    ),
]
ClassProbabilities = Annotated[
    bool, typer.Option("--class-probabilities", help="Also write one band per class.")
]
UncertainBelow = Annotated[
    float | None,
    typer.Option(
        metavar="P", help="Confidence threshold below which pixels get code 254, uncertain."
    ),
]
WebMap = Annotated[bool, typer.Option("--web-map", help="Also write the web page.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace existing products.")]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Print the plan (grid, windows, memory, time, sizes) without running it."
    ),
]
Progress = Annotated[
    ProgressStyle,
    typer.Option(help="Progress bars on standard error, JSON lines on standard output, or none."),
]
WatchStdin = Annotated[
    bool,
    typer.Option(
        "--watch-stdin",
        help="Cancel when standard input ends: for programs that start sargeo.",
        rich_help_panel=MACHINE,
    ),
]
SceneName = Annotated[
    str | None,
    typer.Option(
        "--name", metavar="NAME", help="Name of the scene, where the folder holds several."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print comma-separated values.")]

Device = Annotated[
    str,
    typer.Option(
        metavar="auto|cpu|cuda[:N]",
        help="Device to compute on; auto takes a GPU where there is one.",
        rich_help_panel=MACHINE,
    ),
]
BatchSize = Annotated[
    int | None,
    typer.Option(
        metavar="N", help="Batch size: windows per forward pass.", rich_help_panel=MACHINE
    ),
]
Patch = Annotated[
    int | None,
    typer.Option(metavar="N", help="Side of a window in pixels.", rich_help_panel=MACHINE),
]
Margin = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Margin of a window in pixels: the overlap that only gives context.",
        rich_help_panel=MACHINE,
    ),
]

MinConfidence = Annotated[
    float | None,
    typer.Option(metavar="P", help="Confidence threshold of objects.", rich_help_panel=OBJECTS),
]
MinLength = Annotated[
    float | None,
    typer.Option(metavar="METRES", help="Minimum length of objects.", rich_help_panel=OBJECTS),
]
MaxLength = Annotated[
    float | None,
    typer.Option(metavar="METRES", help="Maximum length of objects.", rich_help_panel=OBJECTS),
]
Exclude = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Zones in which, and points near which, objects are dropped.",
        rich_help_panel=OBJECTS,
    ),
]
LandMask = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|auto",
        help="Drop objects on land: polygons of land, or auto for the mapped land cover.",
        rich_help_panel=OBJECTS,
    ),
]
CoastBuffer = Annotated[
    float,
    typer.Option(
        metavar="METRES",
        help="Drop objects within this distance of land.",
        rich_help_panel=OBJECTS,
    ),
]
