"""Rasters as nobody should write them, as strategies for hypothesis."""

# Tables of odd values are read more easily in long lines.
# ruff: noqa: E501

from __future__ import annotations

import functools
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from hypothesis import strategies as st
from support.rasters import backscatter_db, in_scale, triangle_mask, write_raster, write_scene
from support.tiff_entries import entry_places, set_part

from sargeo.scene.rasteropen import MOST_PIXELS

NUMBERS = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, 10.0, -10.0, 1e-300, 1e-9, 1e5, 1e9, 1e20, 1e300]),
    st.sampled_from([float("nan"), float("inf"), float("-inf")]),
    st.floats(-1e4, 1e4),
    st.floats(),
)

WORDS = st.one_of(
    st.sampled_from(
        [
            "", "VV", "VH", "vv vv", "VV VH HH HV", "sigma0 VV dB", "gamma0 VH linear", "mask",
            "angle", "incidence", "layover shadow", "alpha", "noise", "HH+HV", "VV/VH", "C11",
            "amplitude", "dB", "power", "NaN", "{}", "[]", "null", "\\", "%s %d {0} {x}", "[/bold]",
            "[red]", "[link=x]", "$(x)", "../..", "ü§€😀", "\u202evv", "vv\nvh", "vv\tvh", "a" * 20_000,
        ]
    ),
    st.text(max_size=40),
)  # fmt: skip

CAPELLA_LIKE = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, st.integers(), WORDS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.fixed_dictionaries({"collect": inner}),
        st.fixed_dictionaries({"image": inner}),
        st.fixed_dictionaries({"scale_factor": inner, "calibration": st.just("full")}),
    ),
    max_leaves=6,
)
"""What may stand in an image description where a mapping is looked for."""

CRS_TEXTS = (
    "EPSG:32633", "EPSG:32733", "EPSG:4326", "EPSG:4979", "EPSG:3857", "EPSG:3395", "EPSG:3413",
    "EPSG:3031", "EPSG:4978", "EPSG:5773", "EPSG:7405", "EPSG:2193", "EPSG:27700", "EPSG:31467",
    "EPSG:54009", "EPSG:5041", "EPSG:2056", "EPSG:4267", "EPSG:6962", "EPSG:900913", "EPSG:0",
    "ESRI:54030", "IAU_2015:30100", "OGC:CRS84", "", "nonsense",
    'LOCAL_CS["a",UNIT["metre",1]]',
    'ENGCRS["a",EDATUM["b"],CS[Cartesian,2],AXIS["x",east],AXIS["y",north],LENGTHUNIT["metre",1]]',
    "+proj=ortho +lat_0=40 +lon_0=10", "+proj=geos +h=35785831", "+proj=igh", "+proj=healpix",
    "+proj=lcc +lat_1=1 +lat_2=-1", "+proj=tmerc +k=0", "+proj=merc +a=1 +b=1",
    "+proj=longlat +pm=180", "+proj=longlat +a=1737400 +b=1737400", "+proj=utm +zone=61",
    "+proj=ob_tran +o_proj=longlat +o_lat_p=30 +lon_0=0", "+proj=stere +lat_0=90 +units=us-ft",
)  # fmt: skip

BASES = (
    "float_db",
    "uint8",
    "uint16_tiled",
    "int16_db",
    "bigtiff",
    "lzw",
    "masked",
    "palette",
    "big_endian",
)


@functools.cache
def folder_of_bases() -> Path:
    """Make the valid files that others are made from; they go with the process."""
    holder = tempfile.TemporaryDirectory(prefix="sargeo-fuzz-")
    folder_of_bases.holder = holder  # type: ignore[attr-defined]
    folder = Path(holder.name)
    tiles = {"tiled": True, "blockxsize": 32, "blockysize": 16}
    write_scene(folder / "float_db.tif")
    write_scene(folder / "uint8.tif", dtype="uint8", scale="amplitude", bands=["VV"])
    write_scene(folder / "uint16_tiled.tif", dtype="uint16", scale="amplitude", **tiles)
    write_scene(folder / "int16_db.tif", dtype="int16", nodata_kind="tag", bands=["HH"])
    write_scene(folder / "bigtiff.tif", scale="linear", crs_case="degrees", BIGTIFF="YES", **tiles)
    write_scene(folder / "lzw.tif", dtype="float64", compress="lzw", predictor=3, **tiles)
    write_scene(folder / "masked.tif", nodata_kind="internal_mask", bands=["VH"])
    values = in_scale(backscatter_db((40, 50)), "amplitude", "uint8")
    write_raster(folder / "palette.tif", values, photometric="palette", descriptions=["VV"])
    write_scene(folder / "big_endian.tif", bands=["VV"], ENDIANNESS="BIG")
    return folder


@functools.cache
def base_bytes(name: str) -> bytes:
    """Return a valid file."""
    return (folder_of_bases() / f"{name}.tif").read_bytes()


@st.composite
def damaged_tiffs(draw: st.DrawFn) -> bytes:
    """Return a TIFF with some bytes or entries changed, or cut off."""
    data = bytearray(base_bytes(draw(st.sampled_from(BASES))))
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["entry", "entry", "entry", "bytes", "header", "cut"]))
        if kind == "entry":
            _change_entry(draw, data)
        elif kind == "cut":
            del data[draw(st.integers(0, len(data))) :]
        else:
            end = 16 if kind == "header" else len(data)
            if len(data) > 16:
                at = draw(st.integers(0, end - 1))
                data[at] = draw(st.integers(0, 255))
    return bytes(data)


_TAGS = (254, 256, 257, 258, 259, 262, 273, 277, 278, 279, 284, 317, 320, 322, 323, 324, 325, 339,
         33550, 33922, 34264, 34735, 34736, 34737, 42112, 42113, 65535)  # fmt: skip


def _change_entry(draw: st.DrawFn, data: bytearray) -> None:
    places = entry_places(bytes(data))
    if not places:
        return
    place = places[draw(st.integers(0, len(places) - 1))]
    part = draw(st.sampled_from(["tag", "type", "count", "value", "value", "value"]))
    numbers = {"tag": st.sampled_from(_TAGS), "type": st.integers(0, 20)}
    set_part(data, place, part, draw(numbers.get(part, _FIELDS)))


_FIELDS = st.sampled_from([0, 1, 2, 3, 7, 8, 16, 255, 65535, 2**31 - 1, 2**31, 2**32 - 1])

TRANSFORMS = st.one_of(
    st.sampled_from(
        [
            (500_000, 10, 0, 5_000_000, 0, -10), (12.3, 1e-4, 0, 41.9, 0, -1e-4),
            (500_000, 10, 0, 5_000_000, 0, 10), (500_000, -10, 0, 5_000_000, 0, -10),
            (500_000, 8, 3, 5_000_000, 3, -8), (500_000, 10, 10, 5_000_000, 10, 10),
            (500_000, 0, 10, 5_000_000, 10, 0), (0, 1, 0, 0, 0, 1), (0, 0, 0, 0, 0, 0),
            (179.999, 1e-4, 0, 0, 0, -1e-4), (0, 1e-4, 0, 90, 0, -1e-4), (0, 10, 0, 0, 0, -10),
            (-180, 4.5, 0, 90, 0, -3), (-400, 0.01, 0, 95, 0, -0.01), (500_000, 1e6, 0, 0, 0, -1e6),
            (500_000, 1e-6, 0, 5_000_000, 0, -1e-6), (1e9, 10, 0, 1e9, 0, -10),
            (500_000, 10, 0, 5_000_000, 0, -1000), (float("nan"), 10, 0, 0, 0, -10),
            (float("inf"), 10, 0, 0, 0, -10), (500_000, float("nan"), 0, 5_000_000, 0, -10),
            (500_000, 10, 0, 5_000_000, 0, float("inf")), (3e5, 1e300, 0, 1e300, 0, -1e300),
        ]
    ),
    st.tuples(*[NUMBERS] * 6),
)  # fmt: skip

_TYPES = ("Byte", "Int8", "UInt16", "Int16", "UInt32", "Int32", "UInt64", "Int64", "Float32", "Float64",
          "CInt16", "CFloat32", "Float16", "Unknown", "Nonsense")  # fmt: skip

_COLOURS = (
    "Gray",
    "Undefined",
    "Alpha",
    "Palette",
    "Red",
    "Green",
    "Blue",
    "NIR",
    "SAR_Ka",
    "YCbCr_Y",
    "x",
)

_SIZES = (80, 80, 80, 80, 60, 1, 0, -1, 2, 7, 8, 9, 72, 513, 40_000, 2_147_483_647)

NODATA = st.one_of(
    st.sampled_from(["nan", "NaN", "abc", "1e400", "-1e400", "inf", "0", "-0", "255", "-9999", "", " ",
                     "1,2", "0x10", "3.4028234663852886e+38", "18446744073709551616", "-32768", "1e-400"]),
    NUMBERS.map(str),
)  # fmt: skip


def _metadata(items: dict[str, str]) -> str:
    inner = "".join(f"<MDI key={quoteattr(k)}>{escape(v)}</MDI>" for k, v in items.items())
    return f"<Metadata>{inner}</Metadata>"


def _xml(text: str) -> str:
    """Leave out what XML cannot hold."""
    return "".join(c for c in text if c in "\t\n" or (c >= " " and not 0xD800 <= ord(c) < 0xE000))


_XML_WORDS = WORDS.map(_xml).map(lambda text: text.replace("\ufffe", "").replace("\uffff", ""))

_KEYS = st.sampled_from(
    ["TIFFTAG_IMAGEDESCRIPTION", "AREA_OR_POINT", "POLARISATION", "polarization", "units", "NAME", "scale",
     "calibration", "INCIDENCE_ANGLE", "incidence", "MISSION", "platform", "satellite", "STATISTICS_MEAN",
     "PROJECTION", "TIFFTAG_DATETIME", "acquired", "x=y", "é"]
)  # fmt: skip

TAGS = st.dictionaries(_KEYS, st.one_of(_XML_WORDS, NUMBERS.map(str)), max_size=4)


@st.composite
def _vrt_bands(draw: st.DrawFn, number: int, source: str) -> str:
    parts = []
    if draw(st.booleans()):
        parts.append(f"<Description>{escape(draw(_XML_WORDS))}</Description>")
    if draw(st.integers(0, 2)) == 0:
        parts.append(f"<NoDataValue>{escape(draw(NODATA))}</NoDataValue>")
    if draw(st.integers(0, 3)) == 0:
        parts.append(f"<Scale>{draw(NUMBERS)}</Scale><Offset>{draw(NUMBERS)}</Offset>")
    if draw(st.integers(0, 2)) == 0:
        parts.append(f"<ColorInterp>{draw(st.sampled_from(_COLOURS))}</ColorInterp>")
    if draw(st.integers(0, 3)) == 0:
        parts.append(f"<UnitType>{escape(draw(_XML_WORDS))}</UnitType>")
    if draw(st.integers(0, 3)) == 0:
        parts.append(_metadata(draw(TAGS)))
    if draw(st.integers(0, 9)) > 0:
        which = draw(st.sampled_from([1, 1, 1, 1, 2, 0, 9]))
        parts.append(
            f"<SimpleSource><SourceFilename>{escape(source)}</SourceFilename>"
            f"<SourceBand>{which}</SourceBand></SimpleSource>"
        )
    dtype = draw(st.sampled_from(["Float32"] * 8 + list(_TYPES)))
    return f'<VRTRasterBand dataType="{dtype}" band="{number}">{"".join(parts)}</VRTRasterBand>'


@st.composite
def odd_vrts(draw: st.DrawFn) -> str:
    """Return the text of a virtual raster with anything odd that its format allows.

    The name of the file that it lies in may stand in it as its own source: ``SELF``.
    """
    base = str(folder_of_bases() / f"{draw(st.sampled_from(BASES))}.tif")
    source = draw(st.sampled_from([base] * 6 + ["SELF", "gone.tif", "", "/vsizip/x.zip/y.tif"]))
    rows, cols = (draw(st.sampled_from(_SIZES)) for _ in range(2))
    if 3e7 < rows * cols <= MOST_PIXELS:  # what takes long with good reason
        cols = 80
    count = draw(st.sampled_from([1, 1, 1, 2, 2, 3, 4, 5, 0, 40]))
    parts = []
    usual = draw(st.integers(0, 2)) > 0
    crs = "EPSG:32633" if usual else draw(st.sampled_from(CRS_TEXTS))
    if crs or draw(st.booleans()):
        parts.append(f"<SRS>{escape(crs)}</SRS>")
    if draw(st.integers(0, 9)):
        usual = draw(st.booleans())
        numbers = (500_000, 10, 0, 5_000_000, 0, -10) if usual else draw(TRANSFORMS)
        parts.append(f"<GeoTransform>{', '.join(map(str, numbers))}</GeoTransform>")
    if draw(st.integers(0, 2)) == 0:
        parts.append(_metadata(draw(TAGS)))
    parts += [draw(_vrt_bands(i + 1, source)) for i in range(count)]
    size = f'rasterXSize="{cols}" rasterYSize="{rows}"'
    return f"<VRTDataset {size}>{''.join(parts)}</VRTDataset>"


def odd_values(draw: st.DrawFn, shape: tuple[int, int, int]) -> np.ndarray:
    """Return backscatter with regions, pixels and bands of numbers that are none."""
    rng = np.random.default_rng(draw(st.integers(0, 5)))
    scale = draw(st.sampled_from(["db", "linear", "amplitude"]))
    values = in_scale(backscatter_db(shape[1:], shape[0]), scale, "float64")
    for _ in range(draw(st.integers(0, 3))):
        number = draw(st.one_of(NUMBERS, st.sampled_from([-9999.0, -32768.0, 255.0, 3.4e38])))
        where = draw(st.sampled_from(["all", "band", "corner", "sprinkled", "row", "half"]))
        with np.errstate(all="ignore"):
            _put(values, where, number, rng)
    return values


def _put(values: np.ndarray, where: str, number: float, rng: np.random.Generator) -> None:
    rows, cols = values.shape[1:]
    match where:
        case "all":
            values[:] = number
        case "band":
            values[-1] = number
        case "corner":
            values[:, ~triangle_mask((rows, cols))] = number
        case "sprinkled":
            values[rng.random(values.shape) < 0.2] = number
        case "row":
            values[:, rows // 2] = number
        case "half":
            values[:, :, : cols // 2] = number
