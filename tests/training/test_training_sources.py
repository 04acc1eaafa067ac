"""Sources translate their own codings, and split by whole images, fields and blocks of ground."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

from sargeo.errors import ReferenceDataError
from sargeo.legend import BARE, BUILT_UP, LOW_VEGETATION, OPEN_WATER, TREES
from sargeo_training.data.sources import (
    airsar,
    flood,
    opensarship,
    sen1floods11,
    sen12mscr,
    simulated,
    ssdd,
)
from sargeo_training.data.sources.files import read_bands, recode, split_by_name
from sargeo_training.images import NOT_WATER, UNKNOWN

SSDD_XML = """<annotation><object><name>ship</name>
<bndbox><xmin>10</xmin><ymin>20</ymin><xmax>30</xmax><ymax>26</ymax></bndbox>
<rotated_bndbox><rotated_bbox_w>7</rotated_bbox_w><rotated_bbox_h>21.5</rotated_bbox_h>
</rotated_bndbox></object></annotation>"""

OPENSARSHIP_XML = """<?xml version="1.0" encoding="UTF-8"?>\r\n<ShipList><ship>
<SARShipInformation><Head_x>100</Head_x><Head_y>50</Head_y><Tail_x>112</Tail_x><Tail_y>51</Tail_y>
<Center_x>106</Center_x><Center_y>50</Center_y><Manual_Length>118</Manual_Length>
<Center_longitude>1.191583e+02</Center_longitude><Center_latitude>3.910183e+01</Center_latitude>
<Time_UTC>2016/1/31.10:17:0</Time_UTC><Incidence>31.8</Incidence>
</SARShipInformation><AISShipInformation><Length>{ais}</Length></AISShipInformation></ship>
<\\ShipList>"""


def write(path: Path, values: np.ndarray, **profile: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    bands = values if values.ndim == 3 else values[None]
    shape = {"count": len(bands), "height": bands.shape[1], "width": bands.shape[2]}
    driver = "PNG" if path.suffix == ".png" else "GTiff"
    with rasterio.open(path, "w", driver=driver, dtype=values.dtype, **shape, **profile) as file:
        file.write(bands)


pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")


def test_recode_leaves_what_is_not_named_unknown() -> None:
    assert recode(np.array([[1, 2, 3]]), {1: 10, 3: 80}).tolist() == [[10, UNKNOWN, 80]]


def test_split_by_name_is_stable_and_of_the_asked_share() -> None:
    names = [f"{i:06d}" for i in range(2000)]
    held_out = [n for n in names if split_by_name(n, 0.15) == "holdout"]
    assert 0.12 < len(held_out) / len(names) < 0.18
    assert held_out == [n for n in names if split_by_name(n, 0.15) == "holdout"]


def test_missing_file_is_told_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(ReferenceDataError, match=r"lack the file .*nowhere\.tif.*--data"):
        read_bands(tmp_path / "nowhere.tif")


@pytest.mark.parametrize("kept_bytes", [20, 30_000])
def test_images_that_cannot_be_read_are_named(kept_bytes: int, tmp_path: Path) -> None:
    path = tmp_path / "S1RTC" / "torn.tif"
    write(path, np.random.default_rng(0).normal(size=(2, 100, 100)), compress="deflate")
    path.write_bytes(path.read_bytes()[:kept_bytes])
    with pytest.raises(ReferenceDataError, match=r"The image .*torn\.tif cannot be read: [^.]"):
        read_bands(path)


def test_sen1floods11_holds_out_whole_chips(tmp_path: Path) -> None:
    degrees = Affine(9e-5, 0, 10.0, 0, -9e-5, 60.0)
    decibels = np.full((2, 8, 8), -12.0, np.float32)
    decibels[0, 0, 0] = np.nan
    water = np.zeros((8, 8), np.int16)
    water[:4], water[7] = 1, -1
    for name in ("India_900498", "Mekong_333434"):
        root = tmp_path / "sen1floods11"
        write(root / f"{name}_s1_vv_vh_db.tif", decibels, crs="EPSG:4326", transform=degrees)
        write(root / f"{name}_water.tif", water, crs="EPSG:4326", transform=degrees)
    held_out, trained = sen1floods11.load(tmp_path).images
    assert (held_out.split, trained.split) == ("holdout", "train")
    assert trained.labels[:, 0].tolist() == [OPEN_WATER.code] * 4 + [NOT_WATER] * 3 + [UNKNOWN]
    assert not trained.valid[0, 0]
    assert np.isfinite(trained.values).all()
    assert trained.gsd_m == pytest.approx((10.0, 5.0), rel=0.02)
    assert not trained.searched.any()


def test_sen12mscr_says_where_it_is_and_nothing_else(tmp_path: Path) -> None:
    decibels = np.full((2, 8, 8), -12.0, np.float32)
    decibels[1, 0, 0] = np.nan
    utm = Affine(10, 0, 404_852.3, 0, -10, 8_111_622.8)
    path = tmp_path / "sen12mscr" / "ROIs1158_spring_s1_1_p169.tif"
    write(path, decibels, crs="EPSG:32737", transform=utm)
    source = sen12mscr.load(tmp_path)
    (image,) = source.images
    assert (source.weight, image.name, image.split) == (0, path.stem, "train")
    assert [band.polarisation for band in image.bands] == ["VV", "VH"]
    assert image.gsd_m == pytest.approx((10, 10), rel=2e-3)
    assert image.grid is not None
    assert (~image.valid).sum() == 1
    assert np.isfinite(image.values).all()
    assert not image.labels.any()
    assert not image.searched.any()


def test_ssdd_reads_boxes_lengths_and_sea(tmp_path: Path) -> None:
    root = tmp_path / "ssdd"
    write(root / "images" / "000001.png", np.full((32, 40), 90, np.uint8))
    (root / "images" / "000001.png").rename(root / "images" / "000001.jpg")
    sea = np.zeros((32, 40), np.uint8)
    sea[:, 20:] = 255
    write(root / "land_masks" / "000001.png", sea)
    (root / "annotations").mkdir()
    (root / "annotations" / "000001.xml").write_text(SSDD_XML, encoding="utf-8")
    (image,) = ssdd.load(tmp_path).images
    assert image.ships.tolist() == [[23, 20, 6, 20, 21.5]]
    assert image.labels[0, 0] == NOT_WATER
    assert image.labels[0, 39] == OPEN_WATER.code
    assert image.gsd_m is None
    assert image.searched.all()


@pytest.mark.parametrize(("ais", "length_px"), [("120", 12.0), ("0", 11.8)])
def test_opensarship_trusts_ais_before_the_eye(tmp_path: Path, ais: str, length_px: float) -> None:
    product = tmp_path / "opensarship" / "S1A_IW_GRDH_x"
    write(product / "Cargo_x106_y50.tif", np.full((2, 40, 120), 0.02, np.float32))
    (product / "Ship.xml").write_text(OPENSARSHIP_XML.format(ais=ais), encoding="utf-8")
    (image,) = opensarship.load(tmp_path).images
    row, col, height, width, length = image.ships[0]
    assert (row, col) == (20, 41)  # of a chip that is cut to 82 columns
    assert (height, width) == (3, 12)
    assert length == pytest.approx(length_px)
    assert image.searched[int(row), int(col)]
    assert not image.searched[int(row), int(col) + 30]
    assert image.valid.sum() == 40 * 82


def test_opensarship_gives_whole_chips_with_their_place_and_time(tmp_path: Path) -> None:
    product = tmp_path / "opensarship" / "S1A_IW_GRDH_x"
    write(product / "Cargo_x106_y50.tif", np.full((2, 40, 120), 0.02, np.float32))
    (product / "Ship.xml").write_text(OPENSARSHIP_XML.format(ais="120"), encoding="utf-8")
    (image,) = opensarship.load_singles(tmp_path).images
    assert image.shape == (40, 120)
    assert image.ships[0, :2].tolist() == [20, 60]
    assert image.searched[20, 60]
    assert not image.searched[20, 90]
    assert image.categories == ("cargo",)
    assert image.centre == pytest.approx((119.1583, 39.10183))
    assert image.acquired == datetime(2016, 1, 31, 10, 17, tzinfo=UTC)
    assert image.incidence_deg == 31.8


def test_flooded_ground_was_land_before_and_water_after(tmp_path: Path) -> None:
    root = tmp_path / "flood_emsr795"
    measured = np.zeros((160, 160), np.uint8)
    measured[32:128, 32:128] = 100
    measured[70:80, 70:80] = 0  # smooth water within the footprint
    flooded = np.zeros((160, 160), np.uint8)
    flooded[70:80, 70:80] = flooded[0:5, 0:5] = 1
    write(root / "flood.tif", flooded)
    for name in ("vv_pre", "vh_pre", "vv_post", "vh_post"):
        write(root / f"{name}.tif", measured)
    before, after = flood.load(tmp_path).images
    assert before.labels[75, 75] == NOT_WATER
    assert after.labels[75, 75] == OPEN_WATER.code
    assert after.valid[75, 75]
    assert not after.valid[2, 2]
    assert after.labels[2, 2] == UNKNOWN
    assert set(np.unique(after.labels)) == {UNKNOWN, OPEN_WATER.code}


def test_flevoland_holds_out_whole_fields(tmp_path: Path) -> None:
    root = tmp_path / "airsar_flevoland"
    codes = np.zeros((64, 64), np.uint8)
    for i in range(8):
        for j in range(8):
            codes[8 * i : 8 * i + 6, 8 * j : 8 * j + 6] = (1, 2, 3, 10, 15)[(i + j) % 5]
    write(root / "labels_train.tif", codes)
    write(root / "hh_vv_hv_quarter_db.tif", np.full((3, 64, 64), 160, np.uint8))
    trained, held_out = airsar.load_flevoland(tmp_path).images
    both = (trained.labels > 0) & (held_out.labels > 0)
    assert not both.any()
    assert ((trained.labels > 0) | (held_out.labels > 0))[codes > 0].all()
    for i in range(8):
        for j in range(8):
            field = held_out.labels[8 * i : 8 * i + 6, 8 * j : 8 * j + 6]
            assert len(np.unique(field)) == 1
    ours = {TREES.code, LOW_VEGETATION.code, BARE.code, BUILT_UP.code, OPEN_WATER.code, UNKNOWN}
    assert set(np.unique(trained.labels)) <= ours
    assert trained.values[0, 0, 0] == -10.0


def test_simulated_sheets_have_boxes_around_their_ships(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulated, "_COUNTS", {"train": 5, "holdout": 1})
    monkeypatch.setattr(simulated, "_SHAPE", (256, 256))
    source = simulated.load(Path())
    images = source.images
    assert [s.bands[0].polarisation for s in images] == ["HH", "VV", "VV", "VV", "HH", "HH"]
    assert [s.calibrated for s in images] == [True, True, True, False, True, True]
    assert len(source.of_split("holdout")) == 1
    assert (images[0].labels != images[-1].labels).any()
    ships = np.concatenate([s.ships for s in images])
    assert len(ships)
    diagonal = np.hypot(ships[:, 2], ships[:, 3])
    assert (diagonal >= ships[:, 4] - 1e-3).all()
    assert (ships[:, 2:4].max(axis=1) <= 1.5 * ships[:, 4]).all()
