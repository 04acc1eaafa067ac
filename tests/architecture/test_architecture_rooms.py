"""The page "Where is what" tells the truth: its picture, its rooms, its paths."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from types import ModuleType

import pytest
from support.sources import ROOT, text_of, tree_of

PAGE = text_of(ROOT / "CONTRIBUTING.md")


@pytest.fixture(scope="module")
def rooms() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_rooms", ROOT / "docs" / "rooms.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look up where they were made
    spec.loader.exec_module(module)
    return module


def table(heading: str) -> list[list[str]]:
    """Return the cells of the rows below a heading, without backticks."""
    _, _, rest = PAGE.partition(f"\n| {heading} |")
    lines = rest.split("\n\n")[0].splitlines()[2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def test_the_picture_is_up_to_date(rooms: ModuleType) -> None:
    advice = "Run `python docs/rooms.py`, and look at the picture."
    assert rooms.PICTURE.read_text(encoding="utf-8") == rooms.picture(), advice
    assert f"]({rooms.PICTURE.relative_to(ROOT).as_posix()})" in PAGE


def test_arrows_that_follow_from_others_are_left_out(rooms: ModuleType) -> None:
    class Graph:
        def direct_import_exists(self, *, importer: str, imported: str, as_packages: bool) -> bool:
            return importer + imported in {"ab", "bc", "ac", "ad", "cd"}

    assert rooms.arrows(Graph(), [["a"], ["b"], ["c"], ["d"]]) == [
        ("a", "b"),
        ("b", "c"),
        ("c", "d"),
    ]


def test_arrows_do_not_cross_where_they_need_not(rooms: ModuleType) -> None:
    """The last arrow passes the layer of "c" and "d"; as they are given, three pairs cross."""
    edges = [("a", "d"), ("b", "c"), ("d", "e"), ("c", "f"), ("b", "g")]
    layers, paths = rooms.route([["a", "b"], ["c", "d"], ["e", "f", "g"]], edges)
    links = [link for path in paths for link in rooms.pairwise(path)]
    assert rooms.badness(layers, links)[0] == 0
    assert [len(path) for path in paths] == [2, 2, 2, 2, 3]


def test_the_tables_list_the_rooms_of_the_contracts(rooms: ModuleType) -> None:
    parts = PAGE.split("\n| room | what it holds |")[1:]
    for package, part in zip(("sargeo", "sargeo_training"), parts, strict=True):
        listed = re.findall(r"^\| `(\w+)` \|", part.split("\n\n")[0], re.MULTILINE)
        layers = rooms.contract_layers(package)
        assert listed == [room.rpartition(".")[2] for layer in layers for room in layer]


def test_the_paths_lead_to_what_they_name() -> None:
    rows = table("you look for where")
    assert len(rows) == 6
    for what, path, name in rows:
        body: list[ast.stmt] = tree_of(ROOT / path).body
        for part in name.split("."):
            found = [n for n in body if getattr(n, "name", None) == part]
            assert found, f"{what}: {path} has no {name}"
            body = getattr(found[0], "body", [])


def test_the_table_of_folders_names_folders() -> None:
    rows = table("folder")
    assert len(rows) == 4
    assert all((ROOT / folder).is_dir() for folder, _, _ in rows)
