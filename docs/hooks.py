"""What mkdocs fills in when it builds the pages: the command line's reference, lists of pages."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from posixpath import relpath
from typing import Any

from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from typer.core import TyperGroup
from typer.main import get_command

COMMANDS = "<!-- commands -->"
PAGES = re.compile(r"<!-- pages in (\w+) -->")


def on_page_markdown(markdown: str, page: Page, files: Files, **_: Any) -> str:
    """Replace the marks in a page."""
    if COMMANDS in markdown:
        markdown = markdown.replace(COMMANDS, commands_reference())
    return PAGES.sub(lambda mark: pages_in(mark[1], page.file, files), markdown)


def pages_in(folder: str, here: File, files: Files) -> str:
    """List the other pages of a folder by their titles."""
    start = PurePosixPath(here.src_uri).parent
    pages = {
        file.src_uri: file
        for file in files.documentation_pages()
        if PurePosixPath(file.src_uri).parent.name == folder and file is not here
    }
    return "\n".join(
        f"- [{title_of(file)}]({relpath(uri, start)})" for uri, file in sorted(pages.items())
    )


def title_of(file: File) -> str:
    """Return the heading of a page."""
    return file.content_string.lstrip().splitlines()[0].removeprefix("#").strip()


def commands_reference() -> str:
    """Describe every command with its arguments and options, from the application itself."""
    from sargeo_cli.main import app

    return "\n".join(describe(get_command(app), "sargeo"))


def describe(command: Any, path: str) -> list[str]:
    """Describe a command and the commands below it."""
    context = command.context_class(command, info_name=path)
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [f"## `{path}`", "", command.help or "", "", "```text", f"{path} {usage}", "```", ""]
    records = [parameter.get_help_record(context) for parameter in command.get_params(context)]
    rows = [tuple(text.replace("|", "\\|") for text in record) for record in records if record]
    if rows:
        lines += [
            "| argument or option | meaning |",
            "|---|---|",
            *(f"| `{name}` | {text} |" for name, text in rows),
            "",
        ]
    if isinstance(command, TyperGroup):
        for name in command.list_commands(context):
            lines += describe(command.get_command(context, name), f"{path} {name}")
    return lines
