"""Values that exclude each other, by themselves and against the facts that make them right."""

from __future__ import annotations

import pytest

from sargeo_training.text.contrary import contrary
from sargeo_training.text.domains import Value


@pytest.mark.parametrize(
    ("fact", "one", "other", "expected"),
    [
        ("objects.count:ship", 2, 3, True),
        ("objects.count:ship", 100, 110, False),
        ("objects.count:ship", 4, 4, False),
        ("landcover.share:trees", 10, 30, True),
        ("landcover.share:trees", 10, 15, False),
        ("landcover.share:trees", 70, 85, False),
        ("objects.longest_px:ship", 12, 60, True),
        ("landcover.main", "trees", "bare", True),
        ("landcover.main", "trees", "trees", False),
        ("landcover.among:1", "trees", "bare", False),
        ("objects.category:ship", "cargo", "tanker", False),
        ("land.use", "settlement", "open water", True),
        ("land.use", "settlement", "waterfront", False),
        ("land.use", "woodland", "woodland", False),
        ("land.use", "port", "settlement", False),
    ],
)
def test_values_exclude_each_other(fact: str, one: Value, other: Value, expected: bool) -> None:
    assert contrary(fact, one, other) is expected
    assert contrary(fact, other, one) is expected
