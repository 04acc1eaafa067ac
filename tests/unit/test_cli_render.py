"""Tables, pages, numbers and JSON as people and programs get them."""

from __future__ import annotations

import csv
import io
import json
import sys

import pytest
from rich.cells import cell_len

from sargeo.errors import UsageError
from sargeo_cli.page import PROSE, Page
from sargeo_cli.quantities import (
    area_digits,
    duration,
    km2,
    number,
    percent,
    size,
)
from sargeo_cli.render import print_csv, print_json, refuse_two_formats
from sargeo_cli.streams import PlainStream
from sargeo_cli.tables import Column, Table
from sargeo_cli.views.facts import in_words

SENTENCES = "Open water covers most of it. Two ships lie [in] the upper left. " * 4


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch):
    """Make standard output a terminal of so many columns, without colours."""

    def of(columns: int) -> None:
        for name, value in {
            "COLUMNS": columns,
            "LINES": 50,
            "FORCE_COLOR": 1,
            "TERM": "dumb",
        }.items():
            monkeypatch.setenv(name, str(value))

    return of


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0 %"),
        (0.0004, "<0.1 %"),
        (0.0006, "0.1 %"),
        (0.58534, "58.5 %"),
        (0.9994, "99.9 %"),
        (0.9996, ">99.9 %"),
        (1, "100 %"),
        (None, "unknown"),
    ],
)
def test_only_nothing_is_0_and_only_all_is_100_per_cent(share: float | None, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(
    ("areas", "written"),
    [
        ([6353.4, 2.0], ["6353", "2"]),
        ([104.86, 0.04], ["104.9", "<0.1"]),
        ([26.2, 0.004], ["26.20", "<0.01"]),
        ([0.0123, 0.0], ["0.0123", "0"]),
    ],
)
def test_areas_of_a_table_share_their_digits(areas: list[float], written: list[str]) -> None:
    assert [km2(area, area_digits(areas)) for area in areas] == written


def test_numbers_are_short() -> None:
    assert (number(1_048_576), size(1_500_000_000), size(999)) == (
        "1 048 576",
        "1.5 GB",
        "999 bytes",
    )
    assert [duration(s) for s in (1.72, 125, 3780)] == ["1.7 s", "2 min 5 s", "1 h 3 min"]


TABLE = Table(
    [Column("zone", flexible=True), Column("low vegetation", numeric=True), Column("ships")],
    [("1 North quay and container terminal", "0.12", "14"), ("2 Marina", "12.62", "")],
)


def test_a_table_takes_the_room_it_has() -> None:
    assert (
        TABLE.lines(None)
        == TABLE.lines(80)
        == (
            ["zone                                 low vegetation  ships"],
            [
                "1 North quay and container terminal            0.12  14",
                "2 Marina                                      12.62",
            ],
        )
    )
    assert TABLE.lines(40) == (
        ["                              low", "zone                   vegetation  ships"],
        [
            "1 North quay and             0.12  14",
            "container terminal",
            "2 Marina                    12.62",
        ],
    )
    assert TABLE.lines(30) is None


@pytest.mark.parametrize("width", range(33, 70))
def test_no_width_breaks_a_word_or_is_exceeded(width: int) -> None:
    laid_out = TABLE.lines(width)
    assert laid_out is not None
    lines = [*laid_out[0], *laid_out[1]]
    assert max(map(len, lines)) <= width
    words = {word for row in TABLE.rows for cell in row for word in cell.split()}
    assert words | {"zone", "low", "vegetation", "ships"} == set(" ".join(lines).split())


def test_a_table_without_room_becomes_blocks(capsys: pytest.CaptureFixture[str], terminal) -> None:
    terminal(30)
    Page().table(TABLE)
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "  1 North quay and container terminal",
        "    low vegetation   0.12",
        "    ships            14",
        "  2 Marina",
        "    low vegetation   12.62",
    ]


def test_wide_characters_take_two_columns() -> None:
    table = Table(
        [Column("zone", flexible=True), Column("ships", numeric=True)],
        [("1 横浜港コンテナターミナル", "14"), ("2 Marina", "3")],
    )
    laid_out = table.lines(24)
    assert laid_out is not None
    head, body = laid_out
    assert head == ["zone               ships"]
    assert body == [
        "1                     14",
        "横浜港コンテナタ",
        "ーミナル",
        "2 Marina               3",
    ]
    assert {cell_len(line) for line in (head[0], body[0], body[3])} == {24}


@pytest.mark.parametrize(("columns", "widest"), [(200, PROSE), (60, 60)])
def test_prose_is_broken_between_words_on_a_terminal(
    capsys: pytest.CaptureFixture[str], terminal, columns: int, widest: int
) -> None:
    terminal(columns)
    Page().prose(SENTENCES, indent="  ")
    lines = capsys.readouterr().out.splitlines()
    assert widest - 12 < max(map(len, lines)) <= widest
    assert " ".join(line.strip() for line in lines) == SENTENCES.strip()


def test_nothing_is_broken_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    path = "/".join(["a folder"] * 50)
    page = Page()
    page.prose(SENTENCES.strip())
    page.pairs({"file": path})
    page.next_command("map it", ["map", path])
    assert capsys.readouterr().out.splitlines() == [
        SENTENCES.strip(),
        f"  file   {path}",
        "",
        "Next, map it:",
        f"  sargeo map '{path}'",
    ]


def test_a_path_is_whole_on_a_narrow_terminal(capsys: pytest.CaptureFixture[str], terminal) -> None:
    terminal(40)
    page, path = Page(), "folder/" * 8 + "scene.tif"
    page.pairs({"file": path})
    page.next_command("map it", ["map", path])
    assert capsys.readouterr().out.count(path) == 2


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "96.1 km² of Köln – 38°…"),
        ("cp1252", "96.1 km² of Köln – 38°…"),
        ("cp850", "96.1 km² of Köln - 38°..."),
        ("cp437", "96.1 km² of Köln - 38°..."),
        ("ascii", "96.1 km2 of K?ln - 38 deg..."),
    ],
)
def test_every_code_page_takes_what_is_printed(
    monkeypatch: pytest.MonkeyPatch, encoding: str, shown: str
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding, newline="\n"))
    Page().verdict("96.1 km² of Köln – 38°…")
    print_csv([{"zone": "東京"}])
    print_json({"zone": "Köln"})
    sys.stdout.flush()
    text = raw.getvalue().decode(encoding)
    assert text.splitlines()[0] == shown
    assert text.splitlines()[2] == ("東京" if encoding == "utf-8" else "??")
    assert json.loads(text[text.index("{") :]) == {"zone": "Köln"}


def test_a_plain_stream_is_else_the_stream() -> None:
    stream = PlainStream(io.StringIO())
    stream.write("東京²")
    assert stream.getvalue() == "東京²"
    assert not stream.isatty()


def test_csv_quotes_what_needs_it(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"name": 'the "old", port', "area": 1.5}, {"name": None, "area": 2}]
    print_csv(rows)
    read = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert read == [{"name": 'the "old", port', "area": "1.5"}, {"name": "", "area": "2"}]


def test_two_formats_at_once_are_refused() -> None:
    refuse_two_formats(json=True, csv=False)
    with pytest.raises(UsageError, match="--json and --progress jsonl"):
        refuse_two_formats(json=True, progress_jsonl=True)


@pytest.mark.parametrize(
    ("value", "name", "text"),
    [
        (None, "", "unknown"),
        (True, "", "yes"),
        ([], "", "none"),
        (10.000000001, "", "10"),
        (5_000_000.25, "", "5000000.25"),
        (2_100_000_000, "memory_bytes", "2.1 GB"),
        ({"row": 0, "free_bytes": 5}, "", "row 0, free 5 bytes"),
        (["a/long/path/to/the_first.tif", "b.tif"], "", "a/long/path/to/the_first.tif\nb.tif"),
    ],
)
def test_facts_in_words(value: object, name: str, text: str) -> None:
    assert in_words(value, name) == text


def test_control_characters_of_names_are_spelt_out(capsys: pytest.CaptureFixture[str]) -> None:
    """A terminal would obey them, whatever prints them."""
    from sargeo.errors import InputError
    from sargeo_cli.failures import present_failure
    from sargeo_cli.page import Page

    name = "a\x1b[2J\x07\x9b1m\rb.tif"
    page = Page()
    page.verdict(name)
    page.lines([name])
    page.pairs({"scene": name})
    present_failure(InputError(f"{name} is a folder.", f"Look at {name}."), json_lines=False)
    printed = capsys.readouterr()
    for text in (printed.out, printed.err):
        assert not set(text) & {"\x1b", "\x07", "\x9b", "\r"}
        assert r"a\x1b[2J\x07\x9b1m\x0db.tif" in text


def test_an_interval_that_is_unknown_has_no_unit(capsys: pytest.CaptureFixture[str]) -> None:
    from sargeo_cli.page import Page
    from sargeo_cli.views.assessment import show_assessment

    facts = {"overall_accuracy": 0.5, "overall_accuracy_low": None, "overall_accuracy_high": None}
    table = {"classes": [], "confusion": [], "method": "By eye.", "notes": ""}
    show_assessment(Page(), {**facts, **table, "samples": 2})
    assert "(95 % interval unknown), by 2 samples." in capsys.readouterr().out


def test_what_json_has_no_number_for_is_null(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": float("nan"), "b": [1.5, float("inf")], "c": {"d": (2, "x")}})
    assert json.loads(capsys.readouterr().out) == {
        "a": None,
        "b": [1.5, None],
        "c": {"d": [2, "x"]},
    }
