"""How fast scenes are simulated: ``python benchmarks/simulate.py [COUNT]``.

Prints megapixels per second of processor time, which is what one core does, over scenes of all
settings. Scenes are independent, so cores add up.
"""

from __future__ import annotations

import sys
import time

from sargeo_training.simulator import simulate_scene

SHAPE = (1024, 1024)


def main(count: int) -> None:
    simulate_scene(0, (256, 256))
    for band in ("C", "L"):
        wall, cpu = time.perf_counter(), time.process_time()
        for seed in range(count):
            simulate_scene(seed, SHAPE, band=band)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        megapixels = count * SHAPE[0] * SHAPE[1] / 1e6
        print(
            f"{band} band: {megapixels / cpu:.1f} Mpx/s a core, {megapixels / wall:.1f} Mpx/s wall"
            f" ({count} scenes of {SHAPE[0]} x {SHAPE[1]}, {cpu / count:.3f} s each)"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
