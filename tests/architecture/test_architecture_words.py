"""Public names are of the field: see `words.txt` beside this file."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from support.sources import offenders, tree_of

WORDS = Path(__file__).with_name("words.txt")


def replaced() -> dict[str, str]:
    """Return the words that names must not hold, each with those to use."""
    lines = WORDS.read_text(encoding="utf-8").splitlines()
    return dict(line.split(" | ") for line in lines if line and not line.startswith("#"))


def words_of(name: str) -> set[str]:
    """Split a name in any case into its words."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def public_names(tree: ast.AST) -> set[str]:
    """Return names of functions, methods and classes, and of constants of the module."""
    names = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    for node in ast.iter_child_nodes(tree):
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return {name for name in names if not name.startswith("_")}


def outside(tree: ast.AST, stem: str) -> set[str]:
    """Return public names, and the module's, that hold a word which the field does not use."""
    return {name for name in {*public_names(tree), stem} if words_of(name) & set(replaced())}


def test_public_names_are_of_the_field() -> None:
    found = list(offenders(lambda path: sorted(outside(tree_of(path), path.stem))))
    assert not found, "\n" + "\n".join(found)


def test_a_name_outside_the_field_is_found() -> None:
    tree = ast.parse("class Told: ...\ndef draw_refills(): ...\nQUICK = 1\ndef quicklook(): ...")
    assert outside(tree, "rim_of") == {"Told", "draw_refills", "QUICK", "rim_of"}
