"""The legend as colour table, as QGIS styles and as the entries of a web legend.

The QML is the subset of what QGIS 3.22 itself saves that its readers ask for; every later version
reads it too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from sargeo.legend import LAND_COVER, NODATA, UNCERTAIN_CLASS, LandCoverClass

Colour = tuple[int, int, int, int]
"""Red, green, blue and opacity, 0 to 255."""

LEGEND = (*LAND_COVER, UNCERTAIN_CLASS)
"""Every class that a raster may show."""

COUNT_COLOURS: tuple[str, ...] = ("#fde725", "#fca50a", "#dd513a", "#932667", "#420a68")
"""Counts from few to many; no object is transparent (the colours of matplotlib's inferno)."""

OBJECT_COLOURS: tuple[str, ...] = ("#ff00c8", "#00e5ff", "#ffa200", "#b0ff00")
"""Kinds of objects, in the order of the legend: none is a colour of the land cover."""

_QGIS_VERSION = "3.22.0"
_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A name and its colour as ``#rrggbb``."""

    name: str
    colour: str


def class_colours(legend: Sequence[LandCoverClass] = LEGEND) -> dict[int, Colour]:
    """Return GDAL's colour table of a raster of classes; nodata is transparent."""
    return {NODATA: (0, 0, 0, 0), **{c.code: (*c.rgb, 255) for c in legend}}


def object_entries(kinds: Sequence[str]) -> tuple[LegendEntry, ...]:
    """Return the legend of the objects."""
    colours = (OBJECT_COLOURS[i % len(OBJECT_COLOURS)] for i in range(len(kinds)))
    return tuple(LegendEntry(kind, colour) for kind, colour in zip(kinds, colours, strict=True))


def count_entries(largest: int) -> tuple[tuple[int, LegendEntry], ...]:
    """Return the classes of a count raster: upper bounds (inclusive), with legend entries.

    Bounds grow like a geometric series, since counts are skewed: a port holds a hundred times as
    many ships as the open sea.
    """
    classes = len(COUNT_COLOURS)
    steps = (max(largest, 1) ** (i / (classes - 1)) for i in range(classes))
    bounds = sorted({round(step) for step in steps})
    entries, lower = [], 1
    for i, upper in enumerate(bounds):
        colour = COUNT_COLOURS[i * (classes - 1) // max(len(bounds) - 1, 1)]
        name = str(upper) if upper == lower else f"{lower}–{upper}"
        entries.append((upper, LegendEntry(name, colour)))
        lower = upper + 1
    return tuple(entries)


def classes_qml(legend: Sequence[LandCoverClass] = LEGEND) -> str:
    """Return the QGIS style of a raster of classes: one palette entry with a name per class."""
    renderer = _raster_renderer("paletted")
    palette = ET.SubElement(renderer, "colorPalette")
    for c in legend:
        ET.SubElement(
            palette,
            "paletteEntry",
            {"value": str(c.code), "color": c.colour, "label": c.name, "alpha": "255"},
        )
    return _raster_qml(renderer)


def count_qml(largest: int) -> str:
    """Return the QGIS style of a count raster whose largest count is ``largest``."""
    entries = count_entries(largest)
    renderer = _raster_renderer("singlebandpseudocolor")
    renderer.set("classificationMin", "0")
    renderer.set("classificationMax", str(entries[-1][0]))
    ramp = ET.SubElement(
        ET.SubElement(renderer, "rastershader"),
        "colorrampshader",
        {
            "colorRampType": "DISCRETE",
            "classificationMode": "1",
            "clip": "0",
            "minimumValue": "0",
            "maximumValue": str(entries[-1][0]),
        },
    )
    ET.SubElement(ramp, "item", {"value": "0", "label": "0", "color": "#ffffff", "alpha": "0"})
    for upper, entry in entries:
        # The last class is open, so that the style also fits a raster with larger counts.
        value = "inf" if upper == entries[-1][0] else str(upper)
        ET.SubElement(
            ramp,
            "item",
            {"value": value, "label": entry.name, "color": entry.colour, "alpha": "255"},
        )
    return _raster_qml(renderer)


def objects_qml(kinds: Sequence[str]) -> str:
    """Return the QGIS style of objects: a ring of one colour per kind."""
    root = ET.Element("qgis", {"version": _QGIS_VERSION, "styleCategories": "Symbology"})
    renderer = ET.SubElement(
        root,
        "renderer-v2",
        {"type": "categorizedSymbol", "attr": "kind", "enableorderby": "0", "forceraster": "0"},
    )
    categories = ET.SubElement(renderer, "categories")
    symbols = ET.SubElement(renderer, "symbols")
    for i, entry in enumerate(object_entries(kinds)):
        ET.SubElement(
            categories,
            "category",
            {"value": entry.name, "label": entry.name, "symbol": str(i), "render": "true"},
        )
        symbols.append(_ring(str(i), entry.colour))
    return _document(root)


def _raster_renderer(kind: str) -> ET.Element:
    attributes = {"type": kind, "band": "1", "opacity": "1", "alphaBand": "-1", "nodataColor": ""}
    renderer = ET.Element("rasterrenderer", attributes)
    ET.SubElement(renderer, "rasterTransparency")
    origin = ET.SubElement(renderer, "minMaxOrigin")
    for tag, text in (("limits", "None"), ("extent", "WholeRaster"), ("statAccuracy", "Estimated")):
        ET.SubElement(origin, tag).text = text
    return renderer


def _raster_qml(renderer: ET.Element) -> str:
    root = ET.Element("qgis", {"version": _QGIS_VERSION, "styleCategories": "Symbology"})
    pipe = ET.SubElement(root, "pipe")
    # Neither codes nor counts may be interpolated, whatever the zoom.
    ET.SubElement(
        ET.SubElement(pipe, "provider"),
        "resampling",
        {
            "enabled": "false",
            "zoomedInResamplingMethod": "nearestNeighbour",
            "zoomedOutResamplingMethod": "nearestNeighbour",
            "maxOversampling": "2",
        },
    )
    pipe.append(renderer)
    ET.SubElement(pipe, "brightnesscontrast", {"brightness": "0", "contrast": "0", "gamma": "1"})
    ET.SubElement(pipe, "huesaturation", {"saturation": "0", "grayscaleMode": "0"})
    ET.SubElement(pipe, "rasterresampler", {"maxOversampling": "2"})
    ET.SubElement(pipe, "resamplingStage").text = "resamplingFilter"
    ET.SubElement(root, "blendMode").text = "0"
    return _document(root)


def _ring(name: str, colour: str) -> ET.Element:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    symbol = ET.Element(
        "symbol",
        {"type": "marker", "name": name, "alpha": "1", "clip_to_extent": "1", "force_rhr": "0"},
    )
    layer = ET.SubElement(
        symbol, "layer", {"class": "SimpleMarker", "enabled": "1", "locked": "0", "pass": "0"}
    )
    properties = {
        "name": "circle",
        "size": "3",
        "size_unit": "MM",
        "color": "255,255,255,0",
        "outline_color": f"{red},{green},{blue},255",
        "outline_style": "solid",
        "outline_width": "0.6",
        "outline_width_unit": "MM",
    }
    options = ET.SubElement(layer, "Option", {"type": "Map"})
    for key, value in properties.items():
        ET.SubElement(options, "Option", {"name": key, "type": "QString", "value": value})
    return symbol


def _document(root: ET.Element) -> str:
    ET.indent(root)
    return _DOCTYPE + ET.tostring(root, encoding="unicode") + "\n"
