"""Whether this installation can map, and what a bug report needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sargeo_cli.page import BAD, Page
from sargeo_cli.quantities import counted
from sargeo_cli.views.facts import label, show_facts


def show_diagnosis(page: Page, facts: Mapping[str, Any]) -> None:
    """Print what `sargeo.diagnosis.diagnose` found."""
    problems = facts["problems"]
    if problems:
        page.verdict(f"Needs repair: {counted(len(problems), 'problem')}.", BAD)
        page.points(problems)
    else:
        page.verdict("This installation can map: nothing is missing.")
    for name, section in facts.items():
        if isinstance(section, Mapping) and section:
            show_facts(page, label(name).capitalize(), section)
