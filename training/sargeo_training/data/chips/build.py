"""Builds shards of chips from data sets and scenes.

Three steps: look at every chip that could be cut; choose, split and place them; cut what was
chosen. What the second gives follows from the first alone, and every shard from the second alone,
so that a build that was killed at any moment goes on where it stopped and ends with equal files.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from sargeo.errors import InputError, NothingValidError, UsageError
from sargeo.products.files import storage_error, write_text
from sargeo_training.data.chip import file_safe
from sargeo_training.data.chips.candidates import Candidates, find_candidates, reason_of
from sargeo_training.data.chips.choice import choose
from sargeo_training.data.chips.config import BuildConfig, ChipSettings
from sargeo_training.data.chips.cutting import cut_chip
from sargeo_training.data.chips.planning import PlannedChip
from sargeo_training.data.chips.pool import Pool
from sargeo_training.data.chips.source_images import Unit, source_images
from sargeo_training.data.shards import SHARDS, Encoded, encode, write_index, write_shard

REPORT, WORK = "report.json", ".build"

Tell = Callable[[str], None]


class BuildReport(BaseModel):
    """What a build has given.

    Attributes
    ----------
    chips
        Source to split to number of chips.
    levels
        Level to number of chips.
    skipped
        Why chips, scenes or data sets were left out, to how many.
    shards, size_mb
        Of all shards.
    seconds
        Of the last run; a build that goes on counts what was left to do.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    chips: dict[str, dict[str, int]]
    levels: dict[str, int]
    skipped: dict[str, int]
    shards: int
    size_mb: float
    seconds: float


class _Note(BaseModel):
    """What became of the chips of a shard: written once the shard is."""

    ids: tuple[str, ...]
    skipped: dict[str, int]


@dataclass(frozen=True)
class _Look:
    """A unit to be looked at, and the file that says what was found."""

    unit: Unit
    base: Path
    settings: ChipSettings
    path: Path


@dataclass(frozen=True)
class _Shard:
    """A shard to be written, of chips of one unit, and the file of its note."""

    path: Path
    unit: Unit
    base: Path
    chips: tuple[PlannedChip, ...]
    note: Path


def build(
    config: BuildConfig,
    out: Path,
    *,
    data: Path | None,
    workers: int,
    tell: Tell = lambda _message: None,
) -> BuildReport:
    """Build shards, an index and a report; go on where an earlier call with ``out`` stopped.

    Parameters
    ----------
    config : BuildConfig
    out : Path
        Folder; see `sargeo_training.data.shards` for what it will hold.
    data : Path or None
        Folder of the open data, where relative paths start.
    workers : int
        Processes. Each may hold a data set in memory.
    tell : callable
        Is told of progress, in sentences.

    Raises
    ------
    sargeo.errors.UsageError
        If data sets are to be read from nowhere, the folder holds chips of other settings, or two
        scenes give the same ids.
    sargeo.errors.NothingValidError
        If no chip is left.
    sargeo.errors.DiskFullError, sargeo.errors.OutputNotWritableError
        If the operating system refuses; whatever shards are there are whole.
    sargeo.errors.OutOfMemoryError
        If a process was ended from outside.
    """
    start = time.monotonic()
    base = _base(config, data)
    _prepare(config, out, base)
    with Pool(workers) as pool:
        chosen, skipped = _choose(config, out, base, pool, tell)
        shards = _shards(config, chosen, out, base)
        _write(shards, pool, tell)
    write_index(out)
    report = _report(chosen, skipped, shards, time.monotonic() - start)
    write_text(out / REPORT, report.model_dump_json(indent=2) + "\n")
    return report


def _base(config: BuildConfig, data: Path | None) -> Path:
    if data is None and config.sources:
        raise UsageError(
            f"The settings name data sets ({', '.join(s.name for s in config.sources)}), and "
            "nothing says where they are.",
            "Give the folder of the data sets with --data or SARGEO_DATA.",
        )
    return data if data is not None else Path()


def _prepare(config: BuildConfig, out: Path, base: Path) -> None:
    """Make the folders, or see that they hold a build of the same settings."""
    try:
        (out / SHARDS).mkdir(parents=True, exist_ok=True)
        (out / WORK).mkdir(exist_ok=True)
    except OSError as error:
        raise storage_error(out, 0, error) from error
    settings = f"{base.resolve()}\n{config.model_dump_json(indent=2)}\n"
    path = out / WORK / "settings.txt"
    if not path.exists():
        write_text(path, settings)
    elif path.read_text(encoding="utf-8") != settings:
        raise UsageError(
            f"{out} holds chips of other settings.", "Choose another folder, or delete this one."
        )


def _choose(
    config: BuildConfig, out: Path, base: Path, pool: Pool, tell: Tell
) -> tuple[dict[str, list[PlannedChip]], Counter[str]]:
    chosen, skipped = choose(_look(config, out, base, pool, tell), config)
    if not any(chosen.values()):
        reasons = "".join(f" {why} ({n})" for why, n in skipped.items())
        raise NothingValidError(
            f"No chip is left.{reasons}",
            "Check the data, and the levels and splits of the settings.",
        )
    return chosen, skipped


def _look(
    config: BuildConfig, out: Path, base: Path, pool: Pool, tell: Tell
) -> dict[str, Candidates]:
    """Find the candidates of every unit, by name, in the order of the settings."""
    looks = {
        unit.title: _Look(
            unit, base, config.chips, out / WORK / f"planned-{file_safe(unit.title)}.json"
        )
        for unit in config.units
    }
    for name in pool.run(_look_at, [look for look in looks.values() if not look.path.exists()]):
        tell(f"Looked at {name}.")
    return {
        name: Candidates.model_validate_json(look.path.read_text(encoding="utf-8"))
        for name, look in looks.items()
    }


def _look_at(look: _Look) -> str:
    found = find_candidates(look.unit, look.base, look.settings)
    write_text(look.path, found.model_dump_json() + "\n")
    return look.unit.title


def _shards(
    config: BuildConfig, chosen: Mapping[str, Sequence[PlannedChip]], out: Path, base: Path
) -> list[_Shard]:
    """Share the chips of each unit out to shards."""
    shards = []
    for unit in config.units:
        chips = chosen[unit.title]
        for number, start in enumerate(range(0, len(chips), config.chips_per_shard)):
            name = f"{file_safe(unit.title)}-{number:05d}"
            part = tuple(chips[start : start + config.chips_per_shard])
            note = out / WORK / f"{name}.json"
            shards.append(_Shard(out / SHARDS / f"{name}.tar", unit, base, part, note))
    return shards


def _write(shards: Sequence[_Shard], pool: Pool, tell: Tell) -> None:
    left = [shard for shard in shards if not _is_written(shard)]
    for number, name in enumerate(pool.run(_write_shard, left), start=1):
        tell(f"Wrote {name}, {number} of {len(left)}.")


def _is_written(shard: _Shard) -> bool:
    """Tell whether a shard is finished and still there: damaged ones are advised to be deleted."""
    return shard.note.exists() and (shard.path.exists() or not _note_of(shard).ids)


def _note_of(shard: _Shard) -> _Note:
    return _Note.model_validate_json(shard.note.read_text(encoding="utf-8"))


def _write_shard(shard: _Shard) -> str:
    """Cut the chips of a shard; what is refused or damaged is left out and noted."""
    skipped = Counter[str]()
    chips = list(_encoded(shard, skipped))
    if chips:
        write_shard(shard.path, chips)
    note = _Note(ids=tuple(chip.id for chip in chips), skipped=dict(skipped))
    write_text(shard.note, note.model_dump_json() + "\n")
    return shard.path.name


def _encoded(shard: _Shard, skipped: Counter[str]) -> Iterator[Encoded]:
    images = source_images(shard.unit, shard.base)
    for planned in shard.chips:
        try:
            yield encode(cut_chip(images[planned.image], planned))
        except (InputError, ValidationError) as error:
            skipped[reason_of(error)] += 1


def _report(
    chosen: Mapping[str, Sequence[PlannedChip]],
    skipped: Counter[str],
    shards: Sequence[_Shard],
    seconds: float,
) -> BuildReport:
    notes = [_note_of(shard) for shard in shards]
    written = {name for note in notes for name in note.ids}
    chips = {name: [chip for chip in of if chip.id in written] for name, of in chosen.items()}
    paths = [shard.path for shard in shards if shard.path.exists()]
    return BuildReport(
        chips={
            name: dict(Counter[str](chip.assigned_split for chip in of))
            for name, of in chips.items()
            if of
        },
        levels=dict(Counter(chip.level for of in chips.values() for chip in of)),
        skipped=dict(sum((Counter(note.skipped) for note in notes), +skipped)),
        shards=len(paths),
        size_mb=round(sum(path.stat().st_size for path in paths) / 1e6, 1),
        seconds=round(seconds, 1),
    )
