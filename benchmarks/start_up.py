"""What does a command cost before it does anything? Each in a process of its own, side by side.

    python benchmarks/start_up.py [--repeat N] [--against PYTHON] [--only COMMAND ...]

Scenes are so small that loading libraries is nearly all there is: the demo scene, and a crop of it
of 224 by 224 pixels. ``--against`` names the interpreter of another installation, which is measured
in turns with this one, since other programs slow both down.

Printed for each command: CPU seconds and wall seconds until the last word is said, without what
Python tidies up afterwards; peak memory; how many modules were loaded. Medians of the runs.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import astuple, dataclass
from pathlib import Path

MEASURED = """
import json, sys, time
from sargeo_cli.main import run
code = run(sys.argv[1:])
seconds, modules = time.process_time(), len(sys.modules)
from sargeo.machine import peak_memory_bytes
print("\\n" + json.dumps([code, seconds, peak_memory_bytes(), modules]))
"""
IMPORTED = MEASURED.replace("from sargeo_cli.main import run", "import sargeo").replace(
    "run(sys.argv[1:])", "0"
)

# In a process of its own too: what a parent holds counts as the peak of its children on Linux.
PREPARATION = """
import json, sys
from pathlib import Path
import rasterio
from rasterio.windows import Window
from sargeo.demo import demo_scene_path
from sargeo_cli.main import run

folder = Path(sys.argv[1])
with demo_scene_path() as path, rasterio.open(path) as scene:
    west, south, east, north = scene.bounds
    crs = f"urn:ogc:def:crs:EPSG::{scene.crs.to_epsg()}"
    window = Window(400, 400, 224, 224)
    corner = {"width": 224, "height": 224, "transform": scene.window_transform(window)}
    with rasterio.open(folder / "tile.tif", "w", **scene.profile | corner) as tile:
        tile.write(scene.read(window=window))
        tile.descriptions, tile.scales = scene.descriptions, scene.scales
        tile.offsets = scene.offsets
        tile.update_tags(**scene.tags())
middle = (west + east) / 2
rings = [[[a, south], [b, south], [b, north], [a, north], [a, south]]
         for a, b in ((west, middle), (middle, east))]
zones = {"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": crs}},
         "features": [{"type": "Feature", "properties": {},
                       "geometry": {"type": "Polygon", "coordinates": [ring]}} for ring in rings]}
(folder / "zones.geojson").write_text(json.dumps(zones), encoding="utf-8")
with demo_scene_path() as path:
    sys.exit(run(["map", str(path), "-o", str(folder / "mapped"), "--progress", "none"]))
"""


@dataclass(frozen=True)
class Cost:
    """What one run took."""

    cpu_s: float
    wall_s: float
    peak_mb: float
    modules: float


def commands(folder: Path) -> dict[str, list[str]]:
    scene = Path(__file__).parents[1] / "sargeo" / "demo" / "demo_scene.tif"
    mapping = ["map", str(folder / "tile.tif"), "-o", str(folder / "tile"), "--overwrite"]
    return {
        "import sargeo": [],
        "--help": ["--help"],
        "model list": ["model", "list"],
        "info": ["info", str(scene)],
        "zones": ["zones", str(folder / "zones.geojson"), str(folder / "mapped")],
        "doctor": ["doctor"],
        "map": [*mapping, "--progress", "none"],
    }


def cost(python: str, arguments: list[str], folder: Path) -> Cost:
    # In that folder, as Python finds modules of the current one first.
    began = time.perf_counter()
    code = MEASURED if arguments else IMPORTED
    command = [python, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=folder)
    wall_s = time.perf_counter() - began
    if done.returncode:
        sys.exit(done.stderr)
    exit_code, cpu_s, peak_bytes, modules = json.loads(done.stdout.splitlines()[-1])
    if exit_code:
        sys.exit(f"sargeo {' '.join(arguments)} ended with {exit_code}:\n{done.stderr}")
    return Cost(cpu_s, wall_s, peak_bytes / 1e6, modules)


def median(costs: list[Cost]) -> Cost:
    return Cost(*map(statistics.median, zip(*map(astuple, costs), strict=True)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--against", metavar="PYTHON")
    parser.add_argument("--only", nargs="+", metavar="COMMAND")
    arguments = parser.parse_args()
    pythons = {"here": sys.executable}
    if arguments.against:
        pythons["against"] = arguments.against
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare = [sys.executable, "-c", PREPARATION, name]
        subprocess.run(prepare, check=True, stdout=subprocess.DEVNULL)
        print(f"{'':16}{'':10}{'CPU s':>8}{'wall s':>8}{'MB':>8}{'modules':>9}")
        for command, words in commands(folder).items():
            if arguments.only and command not in arguments.only:
                continue
            costs: dict[str, list[Cost]] = {name: [] for name in pythons}
            for _ in range(arguments.repeat):
                for name, python in pythons.items():
                    costs[name].append(cost(python, words, folder))
            for name in pythons:
                c = median(costs[name])
                numbers = f"{c.cpu_s:8.2f}{c.wall_s:8.2f}{c.peak_mb:8.0f}{c.modules:9.0f}"
                print(f"{command:16}{name:10}{numbers}", flush=True)


if __name__ == "__main__":
    main()
