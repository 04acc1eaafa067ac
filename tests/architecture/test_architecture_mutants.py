"""The list of mutants is of the code as it is."""

from __future__ import annotations

import sys

from support.sources import ROOT


def test_every_mutant_changes_one_place_and_has_its_tests() -> None:
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        from mutants import MUTANTS
    finally:
        sys.path.pop(0)
    lost = [m.name for m in MUTANTS if (ROOT / m.path).read_text("utf-8").count(m.old) != 1]
    assert not lost
    assert all((ROOT / path).exists() for m in MUTANTS for path in m.tests.split())
    assert len({m.name for m in MUTANTS}) == len(MUTANTS) >= 38
