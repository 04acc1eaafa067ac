"""Places of the plugin's environment that are taken, damaged or in use: what is advised helps."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sargeo_qgis.core import locks
from sargeo_qgis.core.environment.choices import Choices
from sargeo_qgis.core.environment.places import CURRENT, LOCK, LOG, is_made
from support.advice import follows
from support.plugin_environment import base_python, machine, sargeo_wheel, with_uv, write_index
from support.plugin_setup import Setup, pretend_windows, refusal

REPAIR = "Press Repair on the Setup page of the sargeo panel."
EMPTY = "Name an empty folder by the variable SARGEO_ENVIRONMENTS."
SHELL = pytest.mark.skipif(sys.platform == "win32", reason="the programs are shell scripts")

HOLD = """
import sys
from pathlib import Path
from sargeo_qgis.core.locks import exclusive
with exclusive(Path(sys.argv[1]), holder="installing sargeo"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    """The page of a user with uv, whose home is the folder of the test."""
    return Setup(with_uv(tmp_path))


@pytest.fixture
def wheel(tmp_path: Path) -> Choices:
    return Choices(file=str(sargeo_wheel(tmp_path / "wheels")))


@follows("sargeo_qgis.core.environment.places:current_python", REPAIR)
@pytest.mark.parametrize("whole", [False, True])
def test_an_environment_without_its_python_is_repaired(
    setup: Setup, wheel: Choices, whole: bool
) -> None:
    """Of what was tidied away, the whole folder may be gone."""
    python = setup.create(wheel).python
    shutil.rmtree(python.parents[1] if whole else python.parent)
    refusal(setup.found)
    assert setup.repair().sargeo_version == "0.1.0"


@follows("sargeo_qgis.core.environment.places:read_current", REPAIR)
def test_an_environment_with_a_damaged_record_is_repaired(
    setup: Setup, wheel: Choices, tmp_path: Path
) -> None:
    """The choices are lost with it: sargeo comes from the index then."""
    setup.create(wheel)
    (setup.root / CURRENT).write_bytes(b"\x00" * 99)
    refusal(setup.found)
    setup = setup.set(UV_DEFAULT_INDEX=write_index(tmp_path / "simple").as_uri())
    assert setup.repair().sargeo_version == "0.1.0"


@follows(
    "sargeo_qgis.core.environment.places:refuse_foreign_files",
    EMPTY,
    problem="is no folder that can be read",
)
def test_an_empty_folder_is_named_in_place_of_a_file(
    setup: Setup, wheel: Choices, tmp_path: Path
) -> None:
    (tmp_path / "sargeo").touch()
    refusal(setup.set(SARGEO_ENVIRONMENTS=str(tmp_path / "sargeo")).check, wheel)
    assert_empty_folder_works(setup, wheel)


@follows(
    "sargeo_qgis.core.environment.places:refuse_foreign_files", EMPTY, problem="holds other files"
)
def test_an_empty_folder_is_named_in_place_of_a_full_one(
    setup: Setup, wheel: Choices, tmp_path: Path
) -> None:
    refusal(setup.set(SARGEO_ENVIRONMENTS=str(tmp_path)).check, wheel)
    assert_empty_folder_works(setup, wheel)
    assert Path(wheel.file).exists()


def assert_empty_folder_works(setup: Setup, wheel: Choices) -> None:
    folder = setup.machine.home / "empty"
    folder.mkdir()
    found = setup.set(SARGEO_ENVIRONMENTS=str(folder)).create(wheel)
    assert found.python.is_relative_to(folder)


@follows(
    "sargeo_qgis.core.environment.machine:refuse_full_disk",
    "Connect it, or choose another place by the variable SARGEO_ENVIRONMENTS.",
    simulated="only Windows has disks that are not there at all",
)
def test_a_disk_is_connected_or_another_place_chosen(
    setup: Setup, wheel: Choices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = setup.set(SARGEO_ENVIRONMENTS=str(tmp_path / "Z" / "sargeo"))
    missing = {gone.root, *gone.root.parents}
    exists = Path.exists
    with monkeypatch.context() as patch:
        patch.setattr(Path, "exists", lambda self: self not in missing and exists(self))
        refusal(gone.check, wheel)
    assert gone.create(wheel).sargeo_version == "0.1.0"
    assert setup.create(wheel).python.is_relative_to(setup.root)


@follows(
    "sargeo_qgis.core.environment.machine:refuse_full_disk",
    "Free some space, or choose another place by the variable SARGEO_ENVIRONMENTS.",
    simulated="a disk is not to be filled by a test",
)
def test_space_is_freed_or_another_place_chosen(
    setup: Setup, wheel: Choices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = {tmp_path: 10**9, tmp_path / "large": 10**12}
    (tmp_path / "large").mkdir()
    monkeypatch.setattr(shutil, "disk_usage", lambda path: types.SimpleNamespace(free=free[path]))
    refusal(setup.check, wheel)
    large = setup.set(SARGEO_ENVIRONMENTS=str(tmp_path / "large" / "sargeo"))
    assert large.create(wheel).sargeo_version == "0.1.0"
    free[tmp_path] = 10**12
    assert setup.create(wheel).python.is_relative_to(setup.root)


@SHELL
@follows(
    "sargeo_qgis.core.environment.machine:refuse_long_root",
    "Choose a shorter place, such as C:\\sargeo, by the variable SARGEO_ENVIRONMENTS, or let an"
    " administrator enable long paths in Windows.",
    simulated="only Windows has paths that are too long",
)
def test_a_shorter_place_is_chosen_or_long_paths_enabled(
    wheel: Choices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_windows(monkeypatch, long_paths=0)
    base_python(tmp_path / "bin" / "python3.12", machine="amd64")
    setup = Setup(machine(tmp_path, "win32", LOCALAPPDATA=str(tmp_path / ("long" * 20))))
    said = refusal(setup.check, wheel).remedy
    shorter = said.partition("such as ")[2].partition(",")[0]
    assert setup.set(SARGEO_ENVIRONMENTS=shorter).check(wheel).root == Path("C:\\sargeo")
    pretend_windows(monkeypatch, long_paths=1)
    assert setup.check(wheel).root == setup.root


@pytest.fixture
def hold(setup: Setup) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Let another window install, until its standard input ends or it is killed."""
    plugin = Path(locks.__file__).parents[2]
    children = []

    def start() -> subprocess.Popen[bytes]:
        child = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(setup.root / LOCK)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(plugin)},
        )
        children.append(child)
        assert child.stdout is not None
        assert child.stdout.readline().strip() == b"held"
        return child

    yield start
    for child in children:
        child.kill()
        child.communicate()


@follows("sargeo_qgis.core.locks:exclusive", "Wait until it has finished, or close that window.")
def test_another_window_finishes_or_is_closed(
    setup: Setup, wheel: Choices, hold: Callable[[], subprocess.Popen[bytes]]
) -> None:
    finishing = hold()
    assert "is installing sargeo" in refusal(setup.create, wheel).problem
    finishing.communicate()
    assert setup.create(wheel).sargeo_version == "0.1.0"
    closed = hold()
    refusal(setup.remove)
    closed.kill()
    closed.wait()
    setup.remove()
    assert not is_made(setup.root)


ANOTHER_PLACE = (
    "Choose another place, on a disk of this machine, by the variable SARGEO_ENVIRONMENTS."
)


@follows("sargeo_qgis.core.locks:_unlockable", ANOTHER_PLACE)
def test_another_place_is_chosen_where_a_file_is_in_the_way(setup: Setup, wheel: Choices) -> None:
    blocked = setup.set(SARGEO_ENVIRONMENTS=str(Path(wheel.file) / "sargeo"))
    refusal(blocked.create, wheel)
    assert setup.create(wheel).sargeo_version == "0.1.0"


@SHELL
@follows(
    "sargeo_qgis.core.locks:_unlockable",
    ANOTHER_PLACE,
    simulated="there is no disk of another machine that cannot lock",
)
def test_another_place_is_chosen_where_nothing_can_be_locked(
    setup: Setup, wheel: Choices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    lock, share = fcntl.flock, tmp_path / "share" / "sargeo"

    def refuse_on_share(descriptor: int, operation: int) -> None:
        if os.path.samestat(os.fstat(descriptor), (share / LOCK).stat()):
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
        lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", refuse_on_share)
    refusal(setup.set(SARGEO_ENVIRONMENTS=str(share)).create, wheel)
    assert setup.create(wheel).sargeo_version == "0.1.0"


def held(path: Path) -> PermissionError:
    """Return what Windows says of a file that another program has open."""
    return PermissionError(13, "The process cannot access the file", str(path))


@follows(
    "sargeo_qgis.core.environment.upkeep:remove",
    "Wait for its runs to finish, close other QGIS windows, and try again.",
    simulated="only Windows keeps a folder while a program in it runs",
)
def test_an_environment_in_use_is_removed_later(
    setup: Setup, wheel: Choices, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup.create(wheel)

    def refuse(self: Path, _: Any) -> None:
        raise held(self)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", refuse)
        refusal(setup.remove)
        assert setup.found().sargeo_version == "0.1.0"
    setup.remove()
    assert [path.name for path in setup.root.iterdir()] == [LOCK]


@pytest.mark.parametrize("name", [LOG, CURRENT])
@follows(
    "sargeo_qgis.core.environment.upkeep:discard_file",
    "Close the programs that have it open, and try again.",
    simulated="only Windows keeps a file that another program shows",
)
def test_a_file_that_another_program_shows_is_closed(
    setup: Setup, wheel: Choices, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup.create(wheel)
    unlink = Path.unlink

    def refuse(self: Path, missing_ok: bool = False) -> None:
        if self.name == name:
            raise held(self)
        unlink(self, missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        refusal(setup.remove)
    setup.remove()
    assert [path.name for path in setup.root.iterdir()] == [LOCK]
    assert setup.create(wheel).sargeo_version == "0.1.0"


@follows(
    "sargeo_qgis.core.environment.upkeep:discard_file",
    "Close the programs that have it open, and try again.",
    simulated="only Windows keeps a file that another program shows",
)
def test_a_log_that_another_program_shows_is_closed_before_a_repair(
    setup: Setup, wheel: Choices, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup.create(wheel)

    def refuse(self: Path, **_: Any) -> None:
        raise held(self)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        refusal(setup.repair)
    assert setup.repair().sargeo_version == "0.1.0"
