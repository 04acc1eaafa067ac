"""Print the held-out figures of an embedded model: land cover and ships of its card.

    python benchmarks/held_out.py DATA FOLDER [--model NAME] [--threads N]

The network answers for the images of DATA that neither trained nor calibrated it, as after a
training, with the temperature and the confidence threshold of its spec. FOLDER gets the report.
Ships are counted once more within 20 pixels, the 200 m of `sargeo assess` at 10 m a pixel.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from sargeo.model.knowlip import SarKnowlip
from sargeo.model.registry import DEFAULT_MODEL, resolve
from sargeo.model.spec import ModelSpec
from sargeo.model.storage import load_spec, load_tokeniser, load_weights
from sargeo.model.tokens import Tokeniser
from sargeo_training.data.sources.every import load_all
from sargeo_training.engine.export import prepare
from sargeo_training.evaluation.report import as_markdown, make_report, write_report
from sargeo_training.evaluation.scoring import by_source, score_split
from sargeo_training.evaluation.ship_metrics import tally, total

_WIDE_PX = 20.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    prepare(args.threads)
    spec = load_spec(resolve(args.model))
    network = network_of(args.model, spec)
    tiles = score_split(network, load_all(args.data), "holdout")
    report = make_report(args.model, tiles, spec.temperature, spec.min_confidence)
    write_report(report, args.folder)
    print(as_markdown(report))
    for source, theirs in by_source(t for t in tiles if t.searched).items():
        found = total([tally(t, spec.min_confidence, _WIDE_PX) for t in theirs])
        print(f"{source}: F1 of ships within {_WIDE_PX:.0f} pixels is {found.f1:.2f} ({found})")


def network_of(model: str, spec: ModelSpec) -> SarKnowlip:
    """Return the network of an embedded model, in float32 as it is trained and measured."""
    folder, language, tokeniser = resolve(model), spec.language, None
    if language is not None:
        tokeniser = Tokeniser.of_json(load_tokeniser(folder, language), language.max_tokens)
    return SarKnowlip.restore(spec, load_weights(folder, spec), tokeniser).eval().float()


if __name__ == "__main__":
    main()
