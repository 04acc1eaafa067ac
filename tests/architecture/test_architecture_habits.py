"""What runs before a commit is what continuous integration runs, and what the pages say of it."""

from __future__ import annotations

import re
from typing import Any

import yaml
from support.sources import ROOT, text_of


def recipe(target: str) -> list[str]:
    """Return the commands of a target of the Makefile, as they are typed in the environment."""
    _, _, rest = text_of(ROOT / "Makefile").partition(f"\n{target}:")
    lines = rest.split("\n\n")[0].splitlines()[1:]
    return [line.strip().removeprefix("$(BIN)/") for line in lines if line.startswith("\t")]


def parsed(name: str) -> Any:
    return yaml.safe_load(text_of(ROOT / name))


def test_hooks_run_what_make_lint_runs() -> None:
    (repo,) = parsed(".pre-commit-config.yaml")["repos"]
    assert [hook["entry"] for hook in repo["hooks"]] == recipe("lint")
    assert len(recipe("lint")) > 5


def test_hooks_look_at_everything_with_the_projects_own_tools() -> None:
    """A tool that is handed names, or skipped by file type, sees less than in CI."""
    (repo,) = parsed(".pre-commit-config.yaml")["repos"]
    assert repo["repo"] == "local"
    for hook in repo["hooks"]:
        how = (hook["language"], hook["pass_filenames"], hook["always_run"])
        assert how == ("system", False, True), hook["id"]


def test_the_page_names_what_make_lint_runs() -> None:
    (row,) = re.findall(r"^\| `make lint` \|.*$", text_of(ROOT / "CONTRIBUTING.md"), re.MULTILINE)
    assert re.findall(r"`([^`]+)`", row)[1:] == recipe("lint")
