"""Class names and the raster attribute table of a map, in GDAL's ``.aux.xml``.

They stand beside the COG because writing them into the finished file would break its layout.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from sargeo.legend import LandCoverClass
from sargeo.products.files import write_text
from sargeo.products.names import pam_path
from sargeo.products.style import LEGEND

# GDALRATFieldType and GDALRATFieldUsage of gdal.h.
_INTEGER, _STRING = 0, 2
_GENERIC, _NAME, _VALUE, _RED, _GREEN, _BLUE = 0, 2, 5, 6, 7, 8

_COLUMNS = (
    ("Value", _INTEGER, _VALUE),
    ("Class", _STRING, _NAME),
    ("Red", _INTEGER, _RED),
    ("Green", _INTEGER, _GREEN),
    ("Blue", _INTEGER, _BLUE),
)
_CROSSWALK = ("WorldCover", _STRING, _GENERIC)


def write_class_pam(path: Path, legend: Sequence[LandCoverClass] = LEGEND) -> Path:
    """Write ``<path>.aux.xml`` for a finished raster of classes and return its path.

    Parameters
    ----------
    path : Path
        Of the raster.
    legend : sequence of LandCoverClass
        Its classes; a column tells what they take in of ESA WorldCover, where any does.

    Raises
    ------
    sargeo.errors.DiskFullError, sargeo.errors.OutputNotWritableError
        If the operating system refuses.
    """
    target = pam_path(path)
    # A CRS that GeoTIFF cannot hold is already there.
    root = ET.parse(target).getroot() if target.exists() else ET.Element("PAMDataset")
    for band in root.findall("PAMRasterBand[@band='1']"):
        root.remove(band)
    root.append(_band(legend))
    ET.indent(root)
    write_text(target, ET.tostring(root, encoding="unicode") + "\n")
    return target


def _band(legend: Sequence[LandCoverClass]) -> ET.Element:
    band = ET.Element("PAMRasterBand", {"band": "1"})
    names = {c.code: c.name for c in legend}
    categories = ET.SubElement(band, "CategoryNames")
    # The position of a category is its code, so that gaps are empty names.
    for code in range(max(names) + 1):
        ET.SubElement(categories, "Category").text = names.get(code, "")
    table = ET.SubElement(band, "GDALRasterAttributeTable", {"tableType": "thematic"})
    crosswalk = any(c.worldcover for c in legend)
    columns = (*_COLUMNS, _CROSSWALK) if crosswalk else _COLUMNS
    for index, (name, kind, usage) in enumerate(columns):
        column = ET.SubElement(table, "FieldDefn", {"index": str(index)})
        ET.SubElement(column, "Name").text = name
        ET.SubElement(column, "Type").text = str(kind)
        ET.SubElement(column, "Usage").text = str(usage)
    for index, entry in enumerate(legend):
        row = ET.SubElement(table, "Row", {"index": str(index)})
        for value in _cells(entry)[: len(columns)]:
            ET.SubElement(row, "F").text = str(value)
    return band


def _cells(entry: LandCoverClass) -> tuple[object, ...]:
    return (entry.code, entry.name, *entry.rgb, " ".join(map(str, entry.worldcover)))
