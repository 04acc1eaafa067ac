"""The optical teacher: cells, sure labels, the way onto the radar, and the ground it keeps off."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from affine import Affine
from pyproj import CRS
from shapely import box

from sargeo.geo.grid import GeoGrid
from sargeo.legend import BARE, BUILT_UP, LAND_COVER, OPEN_WATER, TREES
from sargeo_training.images import UNKNOWN
from sargeo_training.reference import teacher
from sargeo_training.reference.blocks import SCENES, TILE_PX, VALIDATION_TILES, GroundBlock
from sargeo_training.reference.cells import CELL_PX, cell_features, covered_cells
from sargeo_training.reference.displacement import (
    SQUARE_PX,
    interpolate,
    measured_displacements,
    shift_to_radar,
)
from sargeo_training.reference.labels import load_landcover, load_ship_blocks, split_of_run
from sargeo_training.reference.score_teacher import scores

NAMES = {c.name for c in LAND_COVER}


def picture(rows: int, cols: int) -> np.ndarray:
    """Dull green on the left, bright grainy grey on the right, nothing in the last cells."""
    rng = np.random.default_rng(3)
    made = np.empty((3, rows, cols), dtype=np.uint8)
    made[:] = np.array([50, 90, 40], dtype=np.uint8)[:, None, None]
    made[:, :, cols // 2 :] = rng.integers(100, 250, (1, rows, cols - cols // 2))
    made[:, -CELL_PX:] = 1
    return made


STRIPE_CELLS = 20


def striped_cells() -> teacher.Cells:
    """A stripe of colour for each class of the legend, from left to right."""
    colours = np.array(
        [[20, 60, 30], [70, 120, 60], [150, 150, 160], [200, 160, 110], [10, 30, 90]]
    )
    side = STRIPE_CELLS * CELL_PX
    stripes = np.repeat(colours.T[:, None, :], side, axis=2).repeat(256, axis=1)
    grain = np.random.default_rng(1).integers(-8, 9, stripes.shape)
    made = (stripes + grain).astype(np.uint8)
    covered = covered_cells(made)
    grid = GeoGrid(CRS.from_epsg(3395), Affine(40.0, 0, 0, 0, -40.0, 0), covered.shape)
    return teacher.Cells(grid, covered, cell_features(made, covered))


def polygons_on(cells: teacher.Cells) -> gpd.GeoDataFrame:
    """One polygon amid each stripe."""
    wide = 40.0 * STRIPE_CELLS
    shapes = [box(wide * k + 160, -2000, wide * (k + 1) - 160, -400) for k in range(len(NAMES))]
    names = [c.name for c in LAND_COVER]
    table = {"class": names, "scene": "here", "block": "T11SLT-0-0", "geometry": shapes}
    return gpd.GeoDataFrame(table, crs=cells.grid.crs, index=[4, 9, 2, 30, 11])


def test_features_are_finite_and_of_the_shape_of_the_cells() -> None:
    made = picture(64, 96)
    features = cell_features(made, covered_cells(made))
    assert features.shape[1:] == (16, 24)
    assert features.dtype == np.float32
    assert np.isfinite(features).all()


def test_colour_is_the_mean_of_the_cell_and_grain_its_deviation() -> None:
    made = picture(64, 64)
    features = cell_features(made, covered_cells(made))
    cell = made[:, 8:12, 40:44].astype(float)
    assert features[:3, 2, 10] == pytest.approx(cell.mean(axis=(1, 2)), abs=1e-3)
    assert features[4, 2, 10] == pytest.approx(cell.mean(axis=0).std(), rel=1e-3)
    assert features[4, 2, 2] == pytest.approx(0, abs=1e-2)


def test_what_was_not_imaged_adds_nothing_to_its_surroundings() -> None:
    made = picture(64, 64)
    covered = covered_cells(made)
    assert covered.sum() == 15 * 16
    other = made.copy()
    other[:, -CELL_PX:, :20] = 0
    ours, theirs = cell_features(made, covered), cell_features(other, covered)
    # Edges alone look across: one cell of smoothing.
    assert ours[:, :8] == pytest.approx(theirs[:, :8], rel=1e-2, abs=0.1)


def test_a_polygon_is_heard_a_limited_number_of_times() -> None:
    groups = np.repeat([7, 2, 5], [50, 3, 20])
    chosen = teacher.some_of_each(groups, 10)
    assert dict(zip(*np.unique(groups[chosen], return_counts=True), strict=True)) == {
        2: 3,
        5: 10,
        7: 10,
    }
    assert (np.diff(chosen) > 0).all()


def test_examples_carry_the_class_and_index_of_their_polygon() -> None:
    cells = striped_cells()
    found = teacher.examples(cells, polygons_on(cells), "here")
    pairs = set(zip(found.polygons.tolist(), found.codes.tolist(), strict=True))
    assert pairs == {(4, 10), (9, 30), (2, 50), (30, 60), (11, 80)}
    assert found.features.shape == (found.inside.sum(), cells.features.shape[0])


def test_border_cells_doubtful_cells_and_puddles_stay_unknown() -> None:
    shares = np.zeros((5, 40, 40), dtype=np.float32)
    shares[2] = 1.0  # built-up
    shares[[2, 4], :, 20:] = [[[0.0]], [[1.0]]]  # water
    shares[2, 30, 5] = 0.5
    shares[[2, 4], 4:9, 4:9] = [[[0.0]], [[1.0]]]  # a puddle
    codes = teacher.sure_codes(shares)
    assert codes[20, 10] == BUILT_UP.code
    assert codes[20, 30] == OPEN_WATER.code
    assert (codes[20, 18:22] == UNKNOWN).all()
    assert codes[20, 17] == BUILT_UP.code
    assert codes[30, 5] == UNKNOWN
    assert (codes[4:9, 4:9] == UNKNOWN).all()


def test_trees_and_bare_ground_need_more_certainty() -> None:
    for kind, expected in ((BUILT_UP, BUILT_UP.code), (TREES, UNKNOWN), (BARE, UNKNOWN)):
        shares = np.zeros((5, 9, 9), dtype=np.float32)
        shares[LAND_COVER.index(kind)] = 0.93
        assert set(teacher.sure_codes(shares).ravel()) == {expected}


@pytest.mark.parametrize("wooded", [True, False])
def test_the_teacher_keeps_off_reserved_ground_and_off_trees_where_none_were_taught(
    monkeypatch: pytest.MonkeyPatch, wooded: bool
) -> None:
    pytest.importorskip("sklearn")
    cells = striped_cells()
    left, bottom, right, top = cells.grid.bounds
    elsewhere = box(right + 40, bottom, right + 80, top)
    monkeypatch.setattr(teacher, "reserved_ground", lambda: [box(left, top - 800, right, top)])
    here = box(left, bottom, right, top)
    monkeypatch.setattr(GroundBlock, "tile_outline", here if wooded else elsewhere)
    taught = polygons_on(cells)
    model = teacher.fit([teacher.examples(cells, taught, "here")])
    codes = teacher.label_cells(model, cells, taught)
    assert (codes[:20] == UNKNOWN).all()
    for place, kind in enumerate(LAND_COVER):
        middle = STRIPE_CELLS * place + STRIPE_CELLS // 2
        expected = UNKNOWN if kind is TREES and not wooded else kind.code
        assert set(codes[24:40, middle - 2 : middle + 3].ravel()) == {expected}


def test_validation_and_held_out_tiles_are_reserved_on_the_pixels_of_both_scenes() -> None:
    table = load_landcover(on="optical")
    held_out = {GroundBlock.parse(b).tile for b in table["block"][table["split"] == "holdout"]}
    kept_off = {scene: teacher.reserved(grid) for scene, grid in SCENES.items()}
    for scene, row, col in VALIDATION_TILES | held_out:
        assert kept_off[scene][row : row + TILE_PX, col : col + TILE_PX].all()
    assert not kept_off["T11SLT"][7168:8192, 8192:9216].any()
    # T11SLT (7168, 10240) reaches into the first columns of T11SMT.
    assert kept_off["T11SMT"][3300:4200, :170].all()


def test_displacement_is_that_of_the_block_where_it_was_measured() -> None:
    centres = np.array([[100.0, 100.0], [100.0, 900.0]])
    shifts = np.array([[2.0, -4.0], [0.0, 6.0]])
    points = np.array([[100.0, 100.0], [100.0, 500.0], [100.0, 899.0]])
    found = interpolate(centres, shifts, points)
    assert found[0] == pytest.approx([2, -4], abs=0.01)
    assert found[1] == pytest.approx([1, 1])
    assert found[2] == pytest.approx([0, 6], abs=0.01)


def test_labels_move_by_the_displacement_and_bring_nothing_from_outside() -> None:
    side = 2 * SQUARE_PX
    codes = np.zeros((side // CELL_PX, side // CELL_PX), dtype=np.uint8)
    codes[10, 40] = 50
    codes[:, 0] = 80
    moved = shift_to_radar(codes, np.array([[0.0, 0.0]]), np.array([[3.0, 5.0]]))
    assert moved.shape == (side, side)
    rows, cols = np.nonzero(moved == 50)
    assert (rows.min(), rows.max(), cols.min(), cols.max()) == (43, 46, 165, 168)
    assert (moved[:3] == UNKNOWN).all()
    assert (moved[:, :5] == UNKNOWN).all()
    assert (moved[3:, 5:9] == 80).all()


def test_displacements_are_those_of_the_blocks() -> None:
    polygons = load_landcover(on="optical")
    centres, shifts = measured_displacements(polygons, "T11SLT")
    place = [tuple(c) for c in centres].index((2560 + 256, 3584 + 256))
    assert shifts[place].tolist() == [4, -6]


def test_scores_leave_out_what_was_not_said() -> None:
    drawn = np.array([10, 10, 10, 30, 30], dtype=np.uint8)
    said = np.array([10, 30, 0, 30, 30], dtype=np.uint8)
    table = scores(drawn, said)
    assert table.loc["trees"].tolist() == pytest.approx([2 / 3, 1, 1 / 2, 1 / 2])
    assert table.loc["low vegetation", "iou"] == pytest.approx(2 / 3)
    assert table.loc["all", ["kept", "precision"]].tolist() == pytest.approx([0.8, 0.75])


def test_validation_tiles_are_training_tiles_with_every_class_and_ships() -> None:
    polygons, blocks = load_landcover(on="optical"), load_ship_blocks()
    for table in (polygons, blocks):
        validates = table["block"].map(lambda name: GroundBlock.parse(name).validates)
        assert set(table["split"][validates]) == {"train"}
        assert (split_of_run(table)[validates] == "validation").all()
        assert (split_of_run(table)[~validates] == table["split"][~validates]).all()
    for part in ("train", "validation"):
        assert set(polygons["class"][split_of_run(polygons) == part]) == NAMES
        mine = blocks[split_of_run(blocks) == part]
        assert mine["ships"].sum() > 0
        assert "land" in set(mine["place"])


def test_validation_shares_no_ground_with_training_where_the_scenes_overlap() -> None:
    names = set(load_landcover()["block"]) | set(load_ship_blocks()["block"])
    blocks = [GroundBlock.parse(name) for name in names]
    reserved = [b for b in blocks if b.validates]
    for block in blocks:
        if not block.validates:
            assert all(block.outline.intersection(b.outline).area == 0 for b in reserved)


@pytest.mark.data
def test_a_window_of_the_real_picture_has_covered_cells_and_features(sargeo_data: Path) -> None:
    import rasterio
    from rasterio.windows import Window

    with rasterio.open(teacher.picture_path(sargeo_data, teacher.OPTICAL, "T11SLT")) as file:
        made = file.read(window=Window(10240 - 256, 7168 - 256, 512, 512))
    covered = covered_cells(made)
    assert covered.all()
    assert np.isfinite(cell_features(made, covered)).all()
