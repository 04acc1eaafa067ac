"""Where the labelled ground lies: the two scenes' grids, cut into blocks that carry a name.

A block is 512 x 512 pixels, named after its scene and its first row and column, such as
``T11SLT-4608-6656``. Whether it is held out is decided for whole tiles of 1024 x 1024 pixels,
because the radar pictures were stretched tile by tile: a held-out block then never shares its
stretch with a training block.
"""

from __future__ import annotations

from dataclasses import dataclass

from affine import Affine
from pyproj import CRS
from shapely import Polygon, box

from sargeo.errors import UsageError
from sargeo.geo.grid import Block, GeoGrid

BLOCK_PX = 512
TILE_PX = 1024
_MERCATOR = CRS.from_epsg(3395)

SCENES: dict[str, GeoGrid] = {
    "T11SLT": GeoGrid(
        _MERCATOR,
        Affine(10.0, 0.0, -13255424.20935286, 0.0, -10.0, 4048140.829020021),
        (8192, 11264),
    ),
    "T11SMT": GeoGrid(
        _MERCATOR,
        Affine(10.0, 0.0, -13144549.628165683, 0.0, -10.0, 4009007.726861127),
        (6144, 12288),
    ),
}
"""Grid of each scene, as in the GeoTIFFs that the labels were drawn on."""

VALIDATION_TILES: frozenset[tuple[str, int, int]] = frozenset(
    {
        ("T11SLT", 3072, 6144),
        ("T11SLT", 7168, 10240),
        ("T11SMT", 1024, 8192),
        ("T11SMT", 3072, 0),
        ("T11SMT", 4096, 3072),
        ("T11SMT", 5120, 5120),
    }
)
"""Training tiles (scene, first row, first column) that are not trained on, but validated on.

Chosen so that hills, plain, city and coast are on both sides, every class among them, and ships in
the anchorage; ships in the harbour are left to train on. T11SMT (3072, 0) goes with T11SLT
(7168, 10240), because the two share ground. Trees are scarce: five polygons validate, seventeen
train. The files of labels know nothing of this choice.
"""


@dataclass(frozen=True, slots=True)
class GroundBlock:
    """A named block of a scene, ``BLOCK_PX`` pixels on each side."""

    scene: str
    row: int
    col: int

    @classmethod
    def parse(cls, name: str) -> GroundBlock:
        """Return the block with this name.

        Raises
        ------
        UsageError
            If the name is not SCENE-ROW-COL of a known scene.
        """
        scene, *corner = name.split("-")
        if scene not in SCENES or len(corner) != 2 or not all(c.isdecimal() for c in corner):
            raise UsageError(
                f"{name!r} is not the name of a block.",
                f"Write SCENE-ROW-COL with a scene of {', '.join(SCENES)}.",
            )
        return cls(scene, int(corner[0]), int(corner[1]))

    @property
    def name(self) -> str:
        """SCENE-ROW-COL."""
        return f"{self.scene}-{self.row}-{self.col}"

    @property
    def tile(self) -> tuple[str, int, int]:
        """Scene, first row and first column of the tile whose stretch the block shares."""
        return (self.scene, self.row // TILE_PX * TILE_PX, self.col // TILE_PX * TILE_PX)

    @property
    def tile_outline(self) -> Polygon:
        """The tile in the scene's CRS, in metres of the projection."""
        return tile_outline(*self.tile)

    @property
    def validates(self) -> bool:
        """Whether it lies in one of the `VALIDATION_TILES`."""
        return self.tile in VALIDATION_TILES

    @property
    def block(self) -> Block:
        """The pixels of the scene that the block covers."""
        return Block(self.row, self.col, BLOCK_PX, BLOCK_PX)

    @property
    def grid(self) -> GeoGrid:
        """The grid of the block alone."""
        return SCENES[self.scene].crop(self.block)

    @property
    def outline(self) -> Polygon:
        """The block in the scene's CRS, in metres of the projection."""
        corners = ((0, 0), (BLOCK_PX, 0), (BLOCK_PX, BLOCK_PX), (0, BLOCK_PX))
        return Polygon([self.grid.transform @ corner for corner in corners])


def tile_outline(scene: str, row: int, col: int) -> Polygon:
    """Return a tile in the scene's CRS, in metres of the projection."""
    return box(*SCENES[scene].crop(Block(row, col, TILE_PX, TILE_PX)).bounds)
