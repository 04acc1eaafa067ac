"""What torchrun starts in a test: a short run with every loss. Arguments: folder."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.training import Recorder, run, telling_settings


class Patch:
    """Sets attributes for good, as this process is not for long."""

    def setattr(self, target: Any, name: str, value: Any) -> None:
        """Set an attribute."""
        setattr(target, name, value)


def main(folder: Path) -> None:
    """Train; every process writes the losses it knows of."""
    torch.set_num_threads(1)
    recorder = Recorder(Patch())
    run(folder, telling_settings())
    rank = torch.distributed.get_rank()
    (folder / f"losses_{rank}.json").write_text(json.dumps(recorder.losses), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
