"""Hooks, the workflow, templates and the citation say and do what the project does."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import yaml
from support.sources import ROOT, text_of

PROJECT = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]


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


# The workflow of GitHub


def commands(job: str) -> list[str]:
    steps = parsed(".github/workflows/ci.yml")["jobs"][job]["steps"]
    return [step["run"] for step in steps if "run" in step]


def test_the_workflow_covers_the_systems_and_the_pythons_of_the_classifiers() -> None:
    jobs = parsed(".github/workflows/ci.yml")["jobs"]
    prefix = "Programming Language :: Python :: "
    pythons = [c.removeprefix(prefix) for c in PROJECT["classifiers"] if c.startswith(prefix)]
    assert [job["strategy"]["matrix"]["python"] for job in jobs.values()] == [pythons, pythons]
    suite = jobs["suite"]["strategy"]["matrix"]
    assert suite["os"] == ["windows-latest", "macos-latest"]
    assert {row["os"]: row["bin"] for row in suite["include"]} == {
        "windows-latest": ".venv/Scripts",
        "macos-latest": ".venv/bin",
    }


def test_on_linux_the_workflow_runs_what_ci_runs() -> None:
    assert commands("all")[-1] == ".ci/run"
    assert text_of(ROOT / ".ci" / "run").rstrip().endswith("\nmake test-all")


def test_elsewhere_the_workflow_follows_the_page() -> None:
    page = text_of(ROOT / "CONTRIBUTING.md").replace(".venv\\Scripts\\", "$BIN/")
    page = page.replace("py -3.11 ", "python ").replace("`python -m py", "`$BIN/python -m py")
    for command in commands("suite"):
        assert command in page


def test_forms_for_issues_ask_for_something() -> None:
    forms = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
    assert len(forms) == 2
    for path in forms:
        form = yaml.safe_load(text_of(path))
        assert {"name", "description", "body"} <= set(form), path
        assert any(part.get("validations", {}).get("required") for part in form["body"]), path


def test_targets_that_the_templates_name_exist() -> None:
    text = text_of(ROOT / ".github" / "pull_request_template.md")
    targets = re.findall(r"^([\w-]+):", text_of(ROOT / "Makefile"), re.MULTILINE)
    assert {"test", "test-all"} <= set(re.findall(r"make ([\w-]+)", text)) <= set(targets)


# How to cite


def test_the_citation_is_of_this_version() -> None:
    """Keys that version 1.2.0 of the format requires, and those that must not go stale."""
    citation = parsed("CITATION.cff")
    assert {"authors", "cff-version", "message", "title"} <= set(citation)
    assert citation["cff-version"] == "1.2.0"
    assert citation["authors"] == [{"name": "sargeo contributors"}]
    for key in ("version", "license", "keywords"):
        assert citation[key] == PROJECT[key], key
    assert citation["abstract"] == PROJECT["description"]


def test_every_version_of_the_changelog_has_a_date() -> None:
    headings = re.findall(r"^## (.+)$", text_of(ROOT / "CHANGELOG.md"), re.MULTILINE)
    newest = f"[{PROJECT['version']}] - {parsed('CITATION.cff')['date-released']}"
    versions = headings[1:] if headings[0] == "[Unreleased]" else headings
    assert versions[0] == newest
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", line) for line in versions)
