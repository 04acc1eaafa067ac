"""A lock between windows of QGIS."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest
from sargeo_qgis.core import locks
from sargeo_qgis.core.errors import PluginError

HOLD = """
import sys, time
from pathlib import Path
from sargeo_qgis.core.locks import exclusive
with exclusive(Path(sys.argv[1]), holder="installing sargeo"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_it_is_free_again_after_the_block(tmp_path: Path) -> None:
    path = tmp_path / "not yet there" / "lock"
    for _ in range(2):
        with locks.exclusive(path, holder="testing"):
            assert path.read_text(encoding="utf-8") == "testing"


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_another_process_holds_it_until_it_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    plugin = Path(locks.__file__).parents[2]
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(plugin)},
    )
    with child:
        assert child.stdout is not None
        child.stdout.readline()
        with (
            pytest.raises(PluginError, match=r"Another QGIS window is installing sargeo\."),
            locks.exclusive(path, holder="removing sargeo"),
        ):
            pytest.fail("locked twice")
        child.kill()
    with locks.exclusive(path, holder="removing sargeo"):
        assert path.read_text(encoding="utf-8") == "removing sargeo"


class Locking:
    """Stands in for Windows' `msvcrt.locking`."""

    def __init__(self, error: int | None) -> None:
        self.error = error
        self.calls: list[tuple[int, int]] = []

    def __call__(self, descriptor: int, mode: int, count: int) -> None:
        self.calls.append((mode, count))
        assert os.lseek(descriptor, 0, os.SEEK_CUR) == 1 << 20
        if self.error is not None:
            raise OSError(self.error, os.strerror(self.error))


def windows(monkeypatch: pytest.MonkeyPatch, error: int | None) -> Locking:
    locking = Locking(error)
    module = types.SimpleNamespace(LK_NBLCK=2, locking=locking)
    monkeypatch.setitem(sys.modules, "msvcrt", module)
    return locking


def test_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locking = windows(monkeypatch, None)
    with locks.exclusive(tmp_path / "lock", holder="testing", platform="win32"):
        assert (tmp_path / "lock").read_text(encoding="utf-8") == "testing"
    assert locking.calls == [(2, 1)]


@pytest.mark.parametrize(
    ("error", "problem"),
    [(errno.EACCES, "Another QGIS window is repairing"), (errno.EIO, "cannot be locked")],
)
def test_windows_refusals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int, problem: str
) -> None:
    (tmp_path / "lock").write_text("repairing", encoding="utf-8")
    windows(monkeypatch, error)
    with (
        pytest.raises(PluginError, match=problem),
        locks.exclusive(tmp_path / "lock", holder="testing", platform="win32"),
    ):
        pytest.fail("locked twice")


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(PluginError, match="cannot be locked"),
        locks.exclusive(tmp_path / "file" / "lock", holder="testing"),
    ):
        pytest.fail("locked")
