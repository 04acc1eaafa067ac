"""``sargeo train texts``: captions, questions and answers about chips."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sargeo_training.commands.options import say


def texts(
    chips: Annotated[Path, typer.Argument(help="Folder of chips.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of chips with texts.")],
    model: Annotated[
        Path | None,
        typer.Option(
            "--model",
            help="YAML that names a language model to write with; by default, facts are worded.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Random seed of the wording.")] = 0,
) -> None:
    """Write texts about chips: from their facts alone, or by a language model.

    Called again, it goes on where it stopped.
    """
    if model is None:
        from sargeo_training.text.write_facts import write_facts

        say(f"{write_facts(chips, output, seed, say=say)} chips have texts.")
        return
    from sargeo_training.text.write_texts import write_texts

    for line in write_texts(chips, model, output).lines():
        say(line)
