"""The last good checkpoint survives a full disk; a broken one is told."""

from __future__ import annotations

import errno
import io
from pathlib import Path
from typing import Any

import pytest
import torch
from support.training import Recorder, run, settings

from sargeo.errors import DiskFullError, ModelDamagedError
from sargeo_training.engine.checkpoints import LAST, load_best, load_into, read_saved, write_whole
from sargeo_training.engine.networks import new_network


class FullAfter(io.FileIO):
    """A file on a disk with little space left."""

    left = 2000

    def write(self, data: Any) -> int:
        self.left -= len(memoryview(data))
        if self.left < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


@pytest.fixture
def fill_disk(monkeypatch: pytest.MonkeyPatch) -> Any:
    original = Path.open

    def fill(name: str) -> None:
        def open_file(path: Path, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
            if mode == "wb" and name in path.name:
                return FullAfter(path, mode)
            return original(path, mode, *args, **kwargs)

        monkeypatch.setattr(Path, "open", open_file)

    return fill


def test_last_good_checkpoint_survives_a_full_disk(tmp_path: Path, fill_disk: Any) -> None:
    path = tmp_path / LAST
    write_whole({"weights": torch.ones(3)}, path)
    fill_disk("last")
    with pytest.raises(DiskFullError, match=r"while .*last\.ckpt was .* the one before"):
        write_whole({"weights": torch.zeros(100_000)}, path)
    assert torch.equal(read_saved(path)["weights"], torch.ones(3))
    assert [p.name for p in tmp_path.iterdir()] == [LAST]


def test_run_on_a_full_disk_goes_on_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fill_disk: Any
) -> None:
    recorder = Recorder(monkeypatch)
    config = settings(steps=6, checkpoint_every=2)
    run(tmp_path / "whole", config)
    whole = recorder.take()
    with monkeypatch.context() as patch:
        original = Path.replace

        def full_from_the_second(path: Path, target: Path) -> Path:
            if len(recorder.losses) >= 4 and target.name == LAST:
                raise OSError(errno.ENOSPC, "No space left on device")
            return original(path, target)

        patch.setattr(Path, "replace", full_from_the_second)
        with pytest.raises(DiskFullError):
            run(tmp_path / "full", config)
    recorder.take()
    run(tmp_path / "full", config, resume=True)
    assert recorder.losses == whole[2:]


def test_missing_checkpoint_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelDamagedError, match=r"no checkpoint\.pt in"):
        load_best(tmp_path)


def test_broken_checkpoint_is_told(tmp_path: Path) -> None:
    (tmp_path / LAST).write_bytes(b"no archive")
    with pytest.raises(ModelDamagedError, match="no checkpoint that can be read"):
        read_saved(tmp_path / LAST)


def test_checkpoint_of_another_shape_is_told(tmp_path: Path) -> None:
    small = new_network(settings())
    state = {name: value[..., :1] for name, value in small.state_dict().items()}
    with pytest.raises(ModelDamagedError, match="another shape"):
        load_into(small, state, tmp_path / "checkpoint.pt")
