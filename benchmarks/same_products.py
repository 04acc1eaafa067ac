"""Does another version of sargeo make the same products? To the byte, on the embedded scene.

    python benchmarks/same_products.py BEFORE AFTER

BEFORE and AFTER are interpreters with sargeo installed, such as ``.venv/bin/python`` of two
checkouts. Each prints ``sargeo --help`` and ``sargeo map --help``, and maps its embedded
demonstration scene with its embedded model, into a temporary folder. The scene is copied to one
path for both, as products hold it.

Printed for each text and product: whether it is the same, and of JSON files the keys that differ.
Left out is what differs between any two runs of one version: times, the command line, memory, and
the random names that folium gives the parts of a page. Ends with exit code 1 where anything else
differs.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TEXTS = (("--help",), ("map", "--help"))

OF_ANY_RUN = re.compile(
    r"properties\.(processing:datetime|start_datetime|end_datetime|sargeo:seconds(\..*)?|"
    r"sargeo:command(\..*)?|sargeo:settings\.input\.modified_ns)|"
    r"seconds(\..*)?|mpx_per_s|peak_memory_bytes"
)
"""Keys of the STAC item and of the report that hold times and memory."""

_MINUTE = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d UTC")
"""As the web page writes when it was mapped."""

_PAGE_NAMES = re.compile(rb"_[0-9a-f]{32}")
"""Names that folium draws for the parts of a page."""

_CHANGED = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
"""The time of last change in a GeoPackage, by its specification of one length."""


def run(python: Path, *words: str | Path) -> str:
    """Run sargeo and return what it prints."""
    variables = os.environ | {"COLUMNS": "100", "NO_COLOR": "1", "PYTHONUTF8": "1"}
    return subprocess.run(
        [python, "-m", "sargeo_cli", *map(str, words)],
        check=True,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env=variables,
        cwd=tempfile.gettempdir(),  # where no checkout lies
    ).stdout


def demo_scene(python: Path) -> Path:
    """Return where the demonstration scene of an installation lies."""
    code = "from sargeo.demo import demo_scene_path\nwith demo_scene_path() as p: print(p)"
    words = [str(python), "-c", code]
    printed = subprocess.run(
        words, check=True, stdout=subprocess.PIPE, text=True, cwd=tempfile.gettempdir()
    )
    return Path(printed.stdout.strip())


def made_by(python: Path, folder: Path) -> dict[str, bytes]:
    """Map the scene, and return texts, report and products by name."""
    scene, out = folder / "demo_scene.tif", folder / "out"
    shutil.copy2(demo_scene(python), scene)
    texts = {f"sargeo {' '.join(words)}": run(python, *words).encode() for words in TEXTS}
    report = run(
        python,
        "map",
        scene,
        "-o",
        out,
        "--web-map",
        "--device",
        "cpu",
        "--json",
        "--progress",
        "none",
    )
    products = {path.name: path.read_bytes() for path in sorted(out.iterdir())}
    shutil.rmtree(out)
    return {**texts, "report": report.encode(), **products}


def differing_keys(before: Any, after: Any, key: str = "") -> Iterator[str]:
    """Yield the keys of two JSON values under which they differ, but for those of any run."""
    if before == after or OF_ANY_RUN.fullmatch(key):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        if list(before) != list(after) and before.keys() == after.keys():
            yield f"{key} (order of keys)"
        parts = [(k, before.get(k), after.get(k)) for k in dict.fromkeys([*before, *after])]
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        parts = [(i, *pair) for i, pair in enumerate(zip(before, after, strict=True))]
    else:
        yield key
        return
    for name, one, other in parts:
        yield from differing_keys(one, other, f"{key}.{name}" if key else str(name))


def without_times(name: str, content: bytes) -> bytes:
    """Return a product without what differs between any two runs."""
    if name.endswith(".html"):
        return _PAGE_NAMES.sub(b"", _MINUTE.sub(b"", content))
    return _CHANGED.sub(b"", content) if name.endswith(".gpkg") else content


def compare(name: str, before: bytes | None, after: bytes | None) -> str:
    """Return what differs, in words; empty where nothing does."""
    if before is None or after is None:
        return "only made by " + ("the second" if before is None else "the first")
    if name == "report" or name.endswith(".json"):
        return ", ".join(differing_keys(json.loads(before), json.loads(after)))
    one, other = without_times(name, before), without_times(name, after)
    if one == other:
        return ""
    first = next(
        (i for i, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), -1
    )
    return f"{len(one)} and {len(other)} bytes, from byte {first} on"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sargeo-same-") as folder:
        before, after = (
            made_by(python.absolute(), Path(folder))
            for python in (arguments.before, arguments.after)
        )
    differ = {
        name: compare(name, before.get(name), after.get(name))
        for name in dict.fromkeys([*before, *after])
    }
    for name, difference in differ.items():
        print(f"{name:<36}{difference or 'same'}")
    sys.exit(any(differ.values()))


if __name__ == "__main__":
    main()
