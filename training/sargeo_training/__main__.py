"""``python -m sargeo_training``: the commands of ``sargeo train`` on their own."""

from sargeo_training.commands import app

app(prog_name="sargeo train")
