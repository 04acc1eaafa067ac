"""What cleaning texts is worth: four arms that share stages, and a page that compares them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from support.outcome import Outcome
from support.training import Recorder, chips, scio_content, write_chips

from sargeo_training.data.chip import Chip
from sargeo_training.engine.checkpoints import load_best
from sargeo_training.scio.ablation import PAGE, VARIANTS
from sargeo_training.scio.run import STAGES

LAST = {
    "contrast": "contrast/reconstruction",
    "+ matching and masked words": "noisy/reconstruction",
    "+ screening": "screened/reconstruction",
    "+ reconstruction": "round-1/reconstruction",
}


def told() -> list[Chip]:
    """Return chips of all splits, the last of them simulated."""
    splits = ["train"] * 10 + ["holdout"] * 4 + ["validation"] * 3 + ["train"]
    shown = chips(len(splits))
    facts = [shown[0].record.facts, shown[1].record.facts]
    cover = facts[1].landcover
    shares = dict(zip(cover.shares, reversed(cover.shares.values()), strict=True))
    other = facts[0].model_copy(
        update={"landcover": cover.model_copy(update={"shares": shares}), "objects": None}
    )
    made = []
    for k, (chip, split) in enumerate(zip(shown, splits, strict=True)):
        changed: dict[str, Any] = {"split": split}
        if k % 3 == 0:
            changed["facts"] = other
        if k == len(splits) - 1:
            changed["source"] = "simulated"
        made.append(dataclasses.replace(chip, record=chip.record.model_copy(update=changed)))
    return made


def cells(page: str, row: str) -> list[str]:
    found = re.search(rf"^\| {re.escape(row)} \|(.*)\|$", page, re.MULTILINE)
    assert found, row
    return [cell.strip() for cell in found.group(1).split("|")]


@pytest.mark.slow
def test_arms_are_compared_and_nothing_is_done_twice(
    tmp_path: Path, cli: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    shards, out = write_chips(tmp_path / "told", told()), tmp_path / "out"
    settings = tmp_path / "scio.yaml"
    settings.write_text(yaml.safe_dump(scio_content(*STAGES, steps=2)), encoding="utf-8")
    command = ("train", "scio-ablation", shards, "--config", settings, "-o", out, "--threads", 1)
    steps = Recorder(monkeypatch)
    done = cli(*command, "--noise", 0.4, "--seed", 0)
    assert done.code == 0, done.err
    taken = steps.take()
    shared = 2 * (3 + 1 + 2)  # the rounds; screened; noisy
    assert len(taken) == shared + 2 * 3
    assert sum(set(losses) == {"contrast"} for losses in taken) == 2 * 3
    done = cli(*command, "--noise", 0.4, "--seed", 0, "--seed", 1)
    assert done.code == 0, done.err
    assert len(steps.take()) == len(taken)  # of the new seed
    first = (out / PAGE).read_text(encoding="utf-8")
    kept = next(out.rglob("holdout-statements.npz"))
    np.savez(kept, asked="other texts", counts=np.ones((4, 2, 2)))
    again = cli(*command, "--noise", 0.4, "--seed", 0, "--seed", 1)
    assert again.code == 0, again.err
    assert not steps.take()
    page = (out / PAGE).read_text(encoding="utf-8")
    assert page == first  # what was measured on other texts is not taken for it
    assert page in again.err
    assert "## Retrieval: 4 chips (holdout)" in page
    assert "## Retrieval: 3 chips (validation)" in page
    assert re.search(r"## Statements told apart: \d+ about 4 chips \(holdout\)", page)
    mean = {arm: float(cells(page, arm)[-1].partition(" ")[0]) for arm in VARIANTS}
    gains = cells(page, "+ reconstruction against + matching and masked words")
    expected = mean["+ reconstruction"] - mean["+ matching and masked words"]
    assert float(gains[2]) == pytest.approx(expected, abs=0.0011)
    assert float(gains[2]) == pytest.approx((float(gains[0]) + float(gains[1])) / 2, abs=0.0011)
    for name in ("round 1", "round 1, held-out chips", "by text alone", "all that could be wrong"):
        assert len(cells(page, f"{name} | screening: F1")) == 3
    assert "simulated" not in (out / "seed-0" / "truth.json").read_text(encoding="utf-8")
    for seed in (0, 1):
        for last in LAST.values():
            _, config = load_best(out / f"seed-{seed}" / last)
            assert config.seed == seed
