"""Chips in shards: tar files that WebDataset streams, and an index that finds any chip at once.

A folder of chips holds ``index.parquet`` (GeoParquet, one chip a row) and ``shards/``. Each chip is
two members of a shard: ``ID.json``, its record, and ``ID.npz``, its arrays. The index knows the
checksums of both, so that a damaged chip is found before it is used.
"""

from __future__ import annotations

import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from sargeo.errors import ReferenceDataError
from sargeo.products.files import replacing
from sargeo.products.workspace import writing_to
from sargeo_training.data.chip import Chip, Record
from sargeo_training.data.target_text import TargetText

INDEX, SHARDS = "index.parquet", "shards"

_ARRAYS = ("values", "valid", "labels", "searched", "ships")
_MEMBERS = ("json", "npz")
_CHECKSUMS = tuple(f"{member}_crc32" for member in _MEMBERS)
_DAMAGE = (zipfile.BadZipFile, zlib.error, ValueError, KeyError, EOFError, RuntimeError)
"""What reading arrays raises where a byte has changed: RuntimeError for what looks encrypted."""

_NAMED = 5
"""So many of the chips that are left out are named."""

_REMEDY = "Build the chips again with: sargeo train data."


@dataclass(frozen=True)
class Encoded:
    """A chip as the bytes of its two members."""

    id: str
    json: bytes
    npz: bytes


def encode(chip: Chip) -> Encoded:
    """Return a chip as bytes: the same for the same chip."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in _ARRAYS:
            array = io.BytesIO()
            np.lib.format.write_array(array, np.ascontiguousarray(getattr(chip, name)))
            # Speckle hardly shrinks: more than the least effort saves little and takes long.
            archive.writestr(
                zipfile.ZipInfo(f"{name}.npy"), array.getvalue(), zipfile.ZIP_DEFLATED, 1
            )
    return Encoded(chip.record.id, _encode_record(chip.record), packed.getvalue())


def write_shard(path: Path, chips: Iterable[Encoded]) -> None:
    """Write a shard; it appears whole or not at all, and equal chips give equal files.

    Raises
    ------
    sargeo.errors.DiskFullError, sargeo.errors.OutputNotWritableError
        If the operating system refuses.
    """
    import webdataset

    chips = list(chips)  # whatever fails while they are made is no failure to write
    alike = {"encoder": False, "mtime": 0.0, "format": "PAX_FORMAT"}  # PAX: long names
    with (
        replacing(path) as part,
        part.open("wb") as stream,
        webdataset.TarWriter(stream, **alike) as writer,
    ):
        for chip in chips:
            writer.write({"__key__": chip.id, "json": chip.json, "npz": chip.npz})


def write_index(folder: Path) -> int:
    """Write the index of the shards of a folder, and return how many chips there are.

    Raises
    ------
    sargeo.errors.DiskFullError, sargeo.errors.OutputNotWritableError
        If the operating system refuses.
    sargeo.errors.ReferenceDataError
        If a shard is damaged.
    """
    import geopandas as gpd

    paths = sorted((folder / SHARDS).glob("*.tar"))
    rows = [row for path in paths for row in _rows(path)]
    geometry = [row.pop("geometry") for row in rows]
    with replacing(folder / INDEX) as part:
        gpd.GeoDataFrame(rows, geometry=geometry, crs=4326).to_parquet(part, index=False)
    return len(rows)


class Shards:
    """Chips of a folder, each read on its own: no shard is ever scanned.

    It holds no open file, so that it may be handed to threads and to other processes.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    sargeo.errors.ReferenceDataError
        If there is no index, or it is of something else.
    """

    def __init__(self, folder: Path) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        self.folder = folder
        spans = [f"{member}_{what}" for member in _MEMBERS for what in ("offset", "size")]
        try:
            columns = ["id", "shard", *spans, *_CHECKSUMS]
            table = parquet.read_table(folder / INDEX, columns=columns)
        except (OSError, pa.ArrowInvalid) as error:
            raise ReferenceDataError(f"{folder} holds no index of chips.", _REMEDY) from error
        self.ids: tuple[str, ...] = tuple(table["id"].to_pylist())
        self._names: list[str] = table["shard"].to_pylist()
        self._spans = np.stack([table[column].to_numpy() for column in spans], axis=1)
        self._sums = np.stack([table[column].to_numpy() for column in _CHECKSUMS], axis=1)

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> Chip:
        """Read a chip.

        Raises
        ------
        IndexError
            If there is no such chip.
        sargeo.errors.ReferenceDataError
            If its shard is missing or damaged.
        """
        encoded = self.encoded(index)
        try:
            with np.load(io.BytesIO(encoded.npz)) as arrays:
                read = {name: arrays[name] for name in _ARRAYS}
        except _DAMAGE as error:
            raise self._damaged(index) from error
        return Chip(record=self._record(encoded.json, index), **read)

    def record(self, index: int) -> Record:
        """Read the record of a chip, without its arrays; errors as for the chip."""
        return self._record(self._read(index, 0), index)

    def check(self, index: int) -> Record:
        """Read the record of a chip, and see that its arrays are whole too; errors as for the chip.

        It takes a tenth of the time of reading the chip.
        """
        self._read(index, 1)
        return self.record(index)

    def encoded(self, index: int) -> Encoded:
        """Read the bytes of a chip; errors as for the chip."""
        return Encoded(self.ids[index], self._read(index, 0), self._read(index, 1))

    def _record(self, content: bytes, index: int) -> Record:
        try:
            return Record.model_validate_json(content)
        except ValidationError as error:
            raise self._damaged(index) from error

    def _read(self, index: int, member: int) -> bytes:
        offset, size = self._spans[index, 2 * member : 2 * member + 2].tolist()
        try:
            with (self.folder / SHARDS / self._names[index]).open("rb") as stream:
                stream.seek(offset)
                content = stream.read(size)
        except OSError as error:
            raise self._damaged(index) from error
        if zlib.crc32(content) != self._sums[index, member]:
            raise self._damaged(index)
        return content

    def _damaged(self, index: int) -> ReferenceDataError:
        path = self.folder / SHARDS / self._names[index]
        return ReferenceDataError(
            f"{path} is missing or damaged: {self.ids[index]} cannot be read.", _REMEDY
        )


def left_out(ids: Sequence[str], count: int) -> str:
    """Say which of so many chips are left out, as they cannot be read."""
    more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    return (
        f"{len(ids)} of {count} chips are missing or damaged, and left out: "
        f"{', '.join(ids[:_NAMED])}{more}."
    )


def replace_texts(
    folder: Path, target_texts: Mapping[str, TargetText], out: Path
) -> tuple[str, ...]:
    """Copy a folder of chips with new texts; damaged chips are skipped.

    A target text takes the place of the one by the same writer; those by others stay, and so does
    whatever belongs to chips that are not named.

    Parameters
    ----------
    folder : Path
    target_texts : mapping of str to TargetText
        By id.
    out : Path
        Another folder. Shards of an earlier copy are replaced, or gone where no chip is left.

    Returns
    -------
    tuple of str
        The ids of the chips that are missing or damaged, and not in the copy.

    Raises
    ------
    sargeo.errors.ReferenceDataError
        If no chip can be read. Nothing is changed then.
    sargeo.errors.DiskFullError, sargeo.errors.OutputNotWritableError
        If the operating system refuses.
    """
    shards = Shards(folder)
    with writing_to(out):
        (out / SHARDS).mkdir(parents=True, exist_ok=True)
    of_shard: dict[str, list[int]] = {}
    for index, name in enumerate(shards._names):
        of_shard.setdefault(name, []).append(index)
    copied: set[str] = set()
    empty = []
    for name, indices in of_shard.items():
        if chips := list(_rewritten(shards, indices, target_texts)):
            write_shard(out / SHARDS / name, chips)
            copied.update(chip.id for chip in chips)
        else:
            empty.append(out / SHARDS / name)
    if not copied:
        raise ReferenceDataError(f"None of the chips of {folder} can be read.", _REMEDY)
    for path in empty:
        path.unlink(missing_ok=True)
    write_index(out)
    return tuple(name for name in shards.ids if name not in copied)


def _rewritten(
    shards: Shards, indices: Iterable[int], target_texts: Mapping[str, TargetText]
) -> Iterator[Encoded]:
    """Yield chips with their new texts; what is damaged is skipped."""
    for index in indices:
        try:
            record, chip = shards.check(index), shards.encoded(index)
        except ReferenceDataError:
            continue
        new = target_texts.get(chip.id)
        yield chip if new is None else Encoded(chip.id, _with(record, new), chip.npz)


def _with(record: Record, new: TargetText) -> bytes:
    """Encode a record whose text by a writer is replaced."""
    kept = (text for text in record.target_texts if text.writer != new.writer)
    return _encode_record(record.model_copy(update={"target_texts": (*kept, new)}))


def _encode_record(record: Record) -> bytes:
    return record.model_dump_json(exclude_defaults=True, by_alias=True).encode("utf-8")


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of the index for a shard."""
    try:
        with tarfile.open(path) as archive:
            members = {info.name: info for info in archive}
            for name, info in members.items():
                if name.endswith(".json"):
                    pair = (info, members[name.removesuffix("json") + "npz"])
                    record, arrays = (_content(archive, member) for member in pair)
                    _refuse_damaged(arrays)
                    yield {
                        **_columns(Record.model_validate_json(record)),
                        "shard": path.name,
                        **_spans(*pair),
                        **dict(zip(_CHECKSUMS, map(zlib.crc32, (record, arrays)), strict=True)),
                    }
    except (tarfile.TarError, OSError, ValidationError, *_DAMAGE) as error:
        raise ReferenceDataError(f"{path} is damaged.", f"Delete it. {_REMEDY}") from error


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = archive.extractfile(member)
    return stream.read() if stream else b""


def _refuse_damaged(npz: bytes) -> None:
    """See that arrays unpack to what was packed: the index vouches for them from here on."""
    with zipfile.ZipFile(io.BytesIO(npz)) as archive:
        if archive.testzip() is not None:
            raise zipfile.BadZipFile


def _columns(record: Record) -> dict[str, Any]:
    lon, lat = record.centre or (None, None)
    return {
        "id": record.id,
        "source": record.source,
        "scene": record.scene,
        "split": record.split,
        "platform": record.platform,
        "extent_m": record.extent_m,
        "lon": lon,
        "lat": lat,
        "country": record.place.country if record.place else None,
        "texts": len(record.target_texts),
        "geometry": _geometry(record),
    }


def _spans(*members: tarfile.TarInfo) -> dict[str, int]:
    return {
        f"{name}_{what}": value
        for name, info in zip(_MEMBERS, members, strict=True)
        for what, value in (("offset", info.offset_data), ("size", info.size))
    }


def _geometry(record: Record) -> Any:
    """Return the outline, cut at the antimeridian (RFC 7946)."""
    import shapely
    from shapely.affinity import translate

    if record.footprint is None:
        return None
    whole = shapely.Polygon(record.footprint)
    if whole.bounds[2] <= 180:
        return whole
    here = whole & shapely.box(-180, -90, 180, 90)
    return here | translate(whole & shapely.box(180, -90, 540, 90), -360)
