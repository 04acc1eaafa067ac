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
    typer.Option(metavar="WORDS", help="What to look for; may be given several times."),
]
OutDir = Annotated[
    Path, typer.Option("-o", "--output", metavar="OUT_DIR", help="Folder of the products.")
]
Model = Annotated[str, typer.Option(metavar="NAME|FOLDER", help="Model to use.")]
Products = Annotated[str, typer.Option(metavar="NAME[,NAME…]", help="What to make.")]
CellSize = Annotated[float, typer.Option(metavar="METRES", help="Cell size of the count raster.")]
Aoi = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Polygons in any CRS; outside them is nodata."),
]
AroundAoi = Annotated[
    Path | None,
    typer.Option(
        "--aoi", metavar="FILE", help="Polygons in any CRS; the rectangle around them is seen."
    ),
]
Assume = Annotated[
    str,
    typer.Option(
        metavar="KEY[,KEY…]",
        help="What the file doesn't say: db, linear or amplitude; vv, vh, hh, hv in band order; "
        "gsd=METRES; platform=NAME.",
    ),
]
ClassProbabilities = Annotated[
    bool, typer.Option("--class-probabilities", help="Also write one band per class.")
]
UncertainBelow = Annotated[
    float | None,
    typer.Option(metavar="P", help="Give pixels below this confidence code 254, uncertain."),
]
WebMap = Annotated[bool, typer.Option("--web-map", help="Also write the web page.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace products that are there.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Tell grid, windows, memory, time and sizes; do nothing.")
]
Progress = Annotated[
    ProgressStyle,
    typer.Option(help="Bars on standard error, JSON lines on standard output, or nothing."),
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
    typer.Option("--name", metavar="NAME", help="Scene, where the folder holds several."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print comma-separated values.")]

Device = Annotated[
    str,
    typer.Option(
        metavar="auto|cpu|cuda[:N]",
        help="auto takes the GPU where there is one.",
        rich_help_panel=MACHINE,
    ),
]
BatchSize = Annotated[
    int | None, typer.Option(metavar="N", help="Windows at a time.", rich_help_panel=MACHINE)
]
Patch = Annotated[
    int | None,
    typer.Option(metavar="N", help="Pixels along a window's side.", rich_help_panel=MACHINE),
]
Margin = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Pixels of a window's rim that only give context.",
        rich_help_panel=MACHINE,
    ),
]

MinConfidence = Annotated[
    float | None,
    typer.Option(metavar="P", help="Keep objects from here on.", rich_help_panel=OBJECTS),
]
MinLength = Annotated[
    float | None,
    typer.Option(metavar="METRES", help="Keep longer ones.", rich_help_panel=OBJECTS),
]
MaxLength = Annotated[
    float | None,
    typer.Option(metavar="METRES", help="Keep shorter ones.", rich_help_panel=OBJECTS),
]
Exclude = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Zones and platforms to leave out.", rich_help_panel=OBJECTS),
]
LandMask = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|auto",
        help="Leave out objects on land: polygons, or the land cover itself.",
        rich_help_panel=OBJECTS,
    ),
]
CoastBuffer = Annotated[
    float,
    typer.Option(
        metavar="METRES",
        help="Leave out objects this near to land.",
        rich_help_panel=OBJECTS,
    ),
]
