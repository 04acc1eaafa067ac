"""Draw the picture of CONTRIBUTING: the rooms, from the import graph and the contracts.

python docs/rooms.py

Rooms stand in the layers of the contracts in pyproject.toml. An arrow leads from a room to one that
it imports, unless others lead there already: a transitive reduction.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise, permutations, product
from pathlib import Path
from statistics import mean

import grimp

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "images" / "rooms.svg"

BOX = (104, 28)
STEP = (126, 62)
"""Pixels between the centres of neighbours, along and across the layers."""

PASSING = " to "
"""In the name of a place that an arrow passes."""

Layers = list[list[str]]
Edge = tuple[str, str]

STYLE = """
text { font: 13px sans-serif; fill: #1b2a33; text-anchor: middle }
.title { font-weight: bold; font-size: 15px }
.note { font-size: 12px; fill: #4a5b66 }
.frame { fill: #f3f6f8; stroke: #9fb0ba }
.room { fill: #ffffff; stroke: #37596b }
path { fill: none; stroke: #37596b; stroke-width: 1.3; marker-end: url(#head) }
.between { stroke: #a4502c; stroke-width: 1.8; marker-end: url(#thick) }
.dashed { stroke-dasharray: 5 4 }
"""


def contract_layers(package: str) -> Layers:
    """Return the packages of a layers contract, from the top down, as full names."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for contract in config["tool"]["importlinter"]["contracts"]:
        container = contract.get("containers", [""])[0]
        if contract["type"] == "layers" and (container or "sargeo") == package:
            prefix = f"{container}." if container else ""
            return [
                [prefix + name.strip() for name in layer.replace(":", "|").split("|")]
                for layer in contract["layers"]
                if layer != "__main__"
            ]
    raise LookupError(f"pyproject.toml has no contract for the rooms of {package}.")


def arrows(graph: grimp.ImportGraph, layers: Layers) -> list[Edge]:
    """Return which rooms import which, without what follows from other arrows."""
    rooms = [room for layer in layers for room in layer]
    below = {
        a: [
            b
            for b in rooms
            if a != b and graph.direct_import_exists(importer=a, imported=b, as_packages=True)
        ]
        for a in rooms
    }
    reach: dict[str, set[str]] = {}
    for room in reversed(rooms):  # what lies below is known first
        reach[room] = set(below[room]).union(*(reach.get(b, set()) for b in below[room]))
    return [(a, b) for a in rooms for b in below[a] if not any(b in reach[c] for c in below[a])]


def route(layers: Layers, edges: list[Edge]) -> tuple[Layers, list[list[str]]]:
    """Lead arrows that pass layers through a place of their own in each.

    Returns
    -------
    layers : list of list of str
        With these places, ordered so that few arrows cross.
    paths : list of list of str
        Each arrow as the places that it passes, one in each layer.
    """
    level = {room: k for k, layer in enumerate(layers) for room in layer}
    added: Layers = [[] for _ in layers]
    paths = []
    for start, end in edges:
        places = [f"{start}{PASSING}{end} {k}" for k in range(level[start] + 1, level[end])]
        for k, place in enumerate(places, level[start] + 1):
            added[k].append(place)
        paths.append([start, *places, end])
    links = [link for path in paths for link in pairwise(path)]
    right = [layer + more for layer, more in zip(layers, added, strict=True)]
    left = [more + layer for layer, more in zip(layers, added, strict=True)]
    tried = [ordered(start, links) for start in (right, left)]
    return min(tried, key=lambda option: badness(option, links)), paths


def ordered(layers: Layers, links: list[Edge]) -> Layers:
    """Put the places of neighbouring layers in the best order until nothing changes."""
    before: Layers = []
    while layers != before:
        before = layers
        for k in range(len(layers) - 1):
            pairs = product(permutations(layers[k]), permutations(layers[k + 1]))
            options = [[*layers[:k], [*a], [*b], *layers[k + 2 :]] for a, b in pairs]
            layers = min(options, key=lambda option: badness(option, links))
    return layers


def badness(layers: Layers, links: list[Edge]) -> tuple[int, float]:
    """Return how often links between neighbouring layers cross, and how far they lead aside."""
    x = {name: place for layer in layers for name, place in zip(layer, spread(layer), strict=True)}
    level = {name: k for k, layer in enumerate(layers) for name in layer}
    crossings = sum(
        level[a] == level[c] and (x[a] - x[c]) * (x[b] - x[d]) < 0
        for (a, b), (c, d) in combinations(links, 2)
    )
    return crossings, sum((x[a] - x[b]) ** 2 for a, b in links)


def spread(layer: list[str]) -> list[float]:
    """Return where the places of a layer stand when close together, in steps from the middle."""
    widths = [width_of(place) for place in layer]
    return [sum(widths[:k]) + (width - sum(widths)) / 2 for k, width in enumerate(widths)]


def width_of(place: str) -> float:
    """Return what a place needs, in steps."""
    return 0.35 if PASSING in place else 1


def straightened(layers: Layers, paths: list[list[str]]) -> dict[str, float]:
    """Return where all places stand, moved below and above what they are linked with.

    Returns
    -------
    dict of str to float
        Steps from the left edge of the room that stands furthest to the left.
    """
    near: dict[str, list[str]] = {name: [] for layer in layers for name in layer}
    for a, b in (link for path in paths for link in pairwise(path)):
        near[a].append(b)
        near[b].append(a)
    x = {name: at for layer in layers for name, at in zip(layer, spread(layer), strict=True)}
    for layer in [*layers, *reversed(layers)] * 2:
        wanted = [mean([x[other] for other in near[name]] or [x[name]]) for name in layer]
        found: list[float] = []
        for name, at in zip(layer, wanted, strict=True):
            apart = (width_of(name) + width_of(layer[len(found) - 1])) / 2 if found else 0
            found.append(max(at, found[-1] + apart) if found else at)
        aside = mean(at - place for at, place in zip(wanted, found, strict=True))
        x.update({name: at + aside for name, at in zip(layer, found, strict=True)})
    left = min(at - width_of(name) / 2 for name, at in x.items())
    return {name: at - left for name, at in x.items()}


@dataclass(frozen=True)
class Frame:
    """A package with its rooms, drawn around a middle line.

    Attributes
    ----------
    title, note : str
    layers, paths : list
        As `route` returns them.
    left, top : int
        Where it begins in the picture, in pixels.
    """

    title: str
    note: str
    layers: Layers
    paths: list[list[str]]
    left: int
    top: int

    @cached_property
    def steps(self) -> dict[str, float]:
        """Where places stand, in steps from the left."""
        return straightened(self.layers, self.paths)

    @property
    def middle(self) -> int:
        """Where its middle stands, in pixels."""
        return self.left + self.width // 2

    @property
    def width(self) -> int:
        """Pixels across."""
        return round(max(at + width_of(name) / 2 for name, at in self.steps.items()) * STEP[0]) + 24

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return len(self.layers) * STEP[1] + 54

    def centre(self, name: str) -> tuple[int, int]:
        """Return the middle of a place, in pixels."""
        k = next(k for k, layer in enumerate(self.layers) if name in layer)
        return round(self.left + 12 + self.steps[name] * STEP[0]), self.top + 80 + k * STEP[1]

    def draw(self) -> list[str]:
        """Return the lines of the picture: frame, arrows, rooms."""
        lines = [
            f'<rect class="frame" x="{self.left}" y="{self.top}" width="{self.width}"'
            f' height="{self.height}" rx="8"/>',
            text(self.middle, self.top + 24, self.title, "title"),
            text(self.middle, self.top + 42, self.note, "note"),
        ]
        lines += [self.arrow(path) for path in self.paths]
        rooms = {name for path in self.paths for name in (path[0], path[-1])}
        for name in sorted(rooms):
            lines += box(*self.centre(name), name.rpartition(".")[2])
        return lines

    def arrow(self, path: list[str]) -> str:
        """Return an arrow that bends in the layers that it passes."""
        points = [self.centre(name) for name in path]
        points[0] = (points[0][0], points[0][1] + BOX[1] / 2)
        points[-1] = (points[-1][0], points[-1][1] - BOX[1] / 2 - 3)
        bends = "".join(
            f" C{x0:g},{(y0 + y1) / 2:g} {x1:g},{(y0 + y1) / 2:g} {x1:g},{y1:g}"
            for (x0, y0), (x1, y1) in pairwise(points)
        )
        return f'<path d="M{points[0][0]:g},{points[0][1]:g}{bends}"/>'


def text(x: float, y: float, words: str, kind: str = "") -> str:
    """Return words, centred."""
    return f'<text x="{x:g}" y="{y:g}"' + (f' class="{kind}"' if kind else "") + f">{words}</text>"


def box(x: float, y: float, name: str) -> list[str]:
    """Return a room, by its middle."""
    width, height = BOX
    corner = f'x="{x - width / 2:g}" y="{y - height / 2:g}"'
    shape = f'<rect class="room" {corner} width="{width}" height="{height}" rx="4"/>'
    return [shape, text(x, y + 4.5, name)]


def frame(graph: grimp.ImportGraph, package: str, note: str, left: int, top: int) -> Frame:
    """Return the frame of a package."""
    layers = contract_layers(package)
    return Frame(package, note, *route(layers, arrows(graph, layers)), left, top)


def picture() -> str:
    """Return the picture as SVG."""
    graph = grimp.build_graph("sargeo", "sargeo_training", cache_dir=None)
    training = frame(graph, "sargeo_training", "data sets, training, the simulator", 20, 20)
    across = training.left + training.width
    library = frame(graph, "sargeo", "the library", across + 100, 140)
    cli, plugin = (library.middle, 55), (library.left + library.width - BOX[0] // 2, 55)
    lines = [*training.draw(), *library.draw(), *box(*cli, "sargeo_cli")]
    lines += box(*plugin, "sargeo_qgis")
    lines += [
        between(f"M{across},240 H{library.left - 5}"),
        text((across + library.left) / 2, 232, "imports", "note"),
        between(f"M{cli[0]},{cli[1] + 14} V{library.top - 5}"),
        text(cli[0] + 32, 104, "imports", "note"),
        between(f"M{plugin[0] - 52},{plugin[1]} H{cli[0] + 57}", "dashed"),
        text((plugin[0] + cli[0]) / 2, 46, "starts", "note"),
        between(f"M{cli[0] - 52},{cli[1]} H{across + 5}", "dashed"),
        text((across + cli[0] - 52) / 2, 46, "finds its commands", "note"),
    ]
    width = library.left + library.width + 20
    height = max(training.top + training.height, library.top + library.height) + 20
    return "\n".join([*opening(width, height), *lines, "</svg>", ""])


def between(path: str, kind: str = "") -> str:
    """Return an arrow between packages."""
    return f'<path class="{f"between {kind}".strip()}" d="{path}"/>'


def opening(width: int, height: int) -> list[str]:
    """Return what comes before the first shape."""
    head = '<marker id="{}" viewBox="0 0 8 8" refX="5" refY="4" markerWidth="7" markerHeight="7"'
    tip = ' orient="auto"><polygon points="0,0 8,4 0,8" fill="{}"/></marker>'
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}">',
        "<!-- Written by docs/rooms.py from the import graph: run it, do not edit this. -->",
        f"<style>{STYLE}</style>",
        "<defs>",
        (head + tip).format("head", "#37596b"),
        (head + tip).format("thick", "#a4502c"),
        "</defs>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]


def main() -> None:
    """Write the picture."""
    PICTURE.write_text(picture(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
