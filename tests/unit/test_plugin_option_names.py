"""Refusals name no option of the command line in QGIS, which has none."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from sargeo_qgis.core.option_names import in_words_of_qgis
from sargeo_qgis.core.sargeo import SargeoError
from support.sources import modules, nodes_of

from sargeo.errors import UsageError
from sargeo.scene.assumptions import Assumptions
from sargeo_cli.main import run

OPTION = re.compile(r"(?<![\w-])--[a-z]")

# What stands where sources fill in something that matters to the grammar.
FILLED = {"what": "names vv twice", "command": "sargeo map"}


def sentences_with_options() -> Iterator[str]:
    """Yield all that sargeo says of options when it refuses something."""
    for folder in ("sargeo", "cli"):
        for path in modules(folder):
            for node in filter(is_refusal, nodes_of(path)):
                yield from filter(OPTION.search, texts_in(node))


def is_refusal(node: ast.AST) -> bool:
    """Tell whether code makes an error, or is a remedy that many errors share."""
    if isinstance(node, ast.Assign):
        return "REMEDY" in ast.unparse(node.targets[0])
    return isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Error")


def texts_in(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.JoinedStr):
        yield "".join(map(filled, node.values))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    else:
        for child in ast.iter_child_nodes(node):
            yield from texts_in(child)


def filled(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    return FILLED.get(ast.unparse(part.value), "vv,vh")  # type: ignore[attr-defined]


SENTENCES = sorted(set(sentences_with_options()))


def reworded(problem: str, remedy: str = "") -> tuple[str, str]:
    error = in_words_of_qgis(SargeoError(problem, remedy, "usage"))
    assert error.code == "usage"
    return error.problem, error.remedy


def test_the_sources_were_read() -> None:
    named = set(re.findall(r"--[a-z-]+", " ".join(SENTENCES)))
    assert {"--assume", "--batch-size", "--aoi", "--overwrite", "--debug", "--help"} <= named
    assert len(SENTENCES) >= 15


def test_no_refusal_of_sargeo_names_an_option() -> None:
    for sentence in SENTENCES:
        problem, remedy = reworded(sentence, sentence)
        assert problem == remedy
        assert OPTION.search(problem) is None, sentence
        assert problem.endswith(".") or not sentence.endswith("."), sentence


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "Choose another output folder, or add --overwrite to replace them.",
            "Choose another output folder, or tick “Overwrite existing products” to replace them.",
        ),
        (
            "Name one polarisation for each band, in order, such as --assume vv,vh.",
            "Name one polarisation for each band, in order, such as vv,vh under “Information"
            " missing from the file”.",
        ),
        (
            "Close other programs, or use a smaller --batch-size or --aoi.",
            "Close other programs, or map a smaller “Area of interest”.",
        ),
        (
            "Give a smaller --batch-size, then a smaller --patch.",
            "Close other programs, or choose another “Device”.",
        ),
        (
            "Map the scene again with --overwrite; the file is damaged.",
            "Map the scene again with “Overwrite existing products” ticked; the file is damaged.",
        ),
        (
            "Choose another device, or auto; `sargeo doctor` lists what there is.",
            "Choose another device, or auto; “Check the setup” lists what there is.",
        ),
    ],
)
def test_remedies_read_well(said: str, shown: str) -> None:
    assert reworded("No.", said) == ("No.", shown)


@pytest.mark.parametrize("text", ["vv, db, vv", "db,linear", "sigma0,beta0", "gsd=far", "vx"])
def test_what_was_assumed_wrongly_is_said_of_the_parameter(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        Assumptions.parse(text)
    problem, remedy = reworded(caught.value.problem, caught.value.remedy)
    assert re.match(r"“Information missing from the file” (names|holds) ", problem)
    assert remedy.startswith("Give a list such as vv,vh,db under “Information missing from the f")


@pytest.mark.parametrize(
    ("option", "label"),
    [
        ("--cell-size", "Count cell size"),
        ("--min-confidence", "Minimum object confidence"),
        ("--uncertain-below", "Mark as uncertain below this confidence"),
    ],
)
def test_a_value_that_is_none_is_said_of_the_parameter(
    capsys: pytest.CaptureFixture[str], option: str, label: str
) -> None:
    assert run(["map", "x.tif", "-o", "out", option, "much"]) == 2
    lines = capsys.readouterr().err.splitlines()
    problem, remedy = reworded(lines[0], lines[1].partition(": ")[2])
    assert f"“{label}”:" in problem
    assert remedy == "Correct what the parameters say."


@pytest.mark.parametrize(
    "problem",
    [
        "/scans/--overwrite/a--model.tif cannot be opened.",
        "No such option: --colour.",
        "There is no model 'x--model'.",
    ],
)
def test_other_words_stay(problem: str) -> None:
    assert reworded(problem, "") == (problem, "")
