"""The managed environment is there as a whole or not at all."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from sargeo_qgis.core.child_environment import Network
from sargeo_qgis.core.environment import upkeep
from sargeo_qgis.core.environment.choices import Choices
from sargeo_qgis.core.environment.install import choices_in_use, constraints_for, install
from sargeo_qgis.core.environment.places import CURRENT, LOCK, LOG, current_python, read_current
from sargeo_qgis.core.environment.plan import InstallPlan, make_plan
from sargeo_qgis.core.environment.upkeep import remove
from sargeo_qgis.core.errors import CancelledError, PluginError
from sargeo_qgis.core.interpreter import find_interpreter
from sargeo_qgis.core.locks import exclusive
from support.plugin_environment import (
    HEALTHY,
    base_python,
    machine,
    program,
    sargeo_wheel,
    with_uv,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the programs are shell scripts")

KEPT = {LOCK, LOG}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "Größe und Raum"


def never() -> bool:
    return False


def silent(_: float, __: str) -> None:
    return


def run(plan: InstallPlan, cancelled: Callable[[], bool] = never) -> Path:
    return install(plan, progress=silent, cancelled=cancelled)


def wheel_plan(root: Path, findings: dict[str, object] | None = None) -> InstallPlan:
    wheel = sargeo_wheel(root.parent / "wheels", findings=findings)
    return make_plan(Choices(file=str(wheel), plain=True), root, with_uv(root.parent))


def uv_plan(root: Path, script: str) -> InstallPlan:
    """Plan with a uv that makes an environment and then does something else."""
    home = root.parent
    make = 'mkdir -p "$4/bin"; touch "$4/bin/python"; exit 0'
    uv = program(
        home / "uv", f'[ $1 = --version ] && echo uv 1.0 && exit\n[ $1 = venv ] && {{ {make}; }}\n'
        f"{script}",
    )  # fmt: skip
    base_python(home / "bin" / "python3.12")
    variables = {"PATH": f"{home / 'bin'}:{os.defpath}", "SARGEO_UV": str(uv)}
    return make_plan(Choices(plain=True), root, machine(home, **variables))


def names(root: Path) -> set[str]:
    return {path.name for path in root.iterdir()}


def test_installed_repaired_removed(root: Path) -> None:
    told: list[tuple[float, str]] = []
    plan = wheel_plan(root)
    python = install(plan, progress=lambda *what: told.append(what), cancelled=never)
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert current_python(root, sys.platform) == python == root / "env1" / "bin" / "python"
    found = find_interpreter(variables={}, setting="", managed=python, platform=sys.platform)
    assert (found.origin, found.sargeo_version) == ("managed", "0.1.0")
    assert names(root) == {"env1", CURRENT, *KEPT}
    installation = read_current(root)
    assert installation is not None
    assert installation.accelerator == "cpu"
    assert choices_in_use(root) == plan.choices

    python.unlink()
    with pytest.raises(PluginError, match="damaged"):
        current_python(root, sys.platform)
    again = make_plan(choices_in_use(root), root, plan.machine)
    repaired = install(again, progress=silent, cancelled=never)
    assert current_python(root, sys.platform) == repaired
    assert names(root) == {"env2", CURRENT, *KEPT}

    (root / "notes.txt").touch()
    (root / "pythons" / "cpython").mkdir(parents=True)
    remove(root, sys.platform)
    assert names(root) == {LOCK, "notes.txt"}
    assert current_python(root, sys.platform) is None


def test_what_killed_installations_have_left_is_removed(root: Path) -> None:
    plan = wheel_plan(root)
    root.mkdir()
    (root / LOCK).touch()
    for name in ("env1", "env2.gone"):
        (root / name / "lib").mkdir(parents=True)
    run(plan)
    assert names(root) == {"env1", CURRENT, *KEPT}
    assert (root / "env1" / "pyvenv.cfg").exists()


@pytest.mark.parametrize(
    ("findings", "problem", "remedy"),
    [
        ({**HEALTHY, "problems": ["GDAL lacks COG."]}, "GDAL lacks COG.", "report it"),
        ({**HEALTHY, "problems": ["OSError: [WinError 126] c10.dll"]}, "c10.dll", "Visual C"),
    ],
)
def test_an_environment_that_does_not_work_is_not_used(
    root: Path, findings: dict[str, object], problem: str, remedy: str
) -> None:
    run(wheel_plan(root))
    with pytest.raises(PluginError) as caught:
        run(wheel_plan(root, findings))
    assert problem in caught.value.problem
    assert remedy in caught.value.remedy
    assert names(root) == {"env1", CURRENT, *KEPT}


def test_a_gpu_that_torch_cannot_use_is_told(root: Path) -> None:
    told: list[str] = []
    plan = dataclasses.replace(wheel_plan(root), accelerator="cuda")
    install(plan, progress=lambda _, line: told.append(line), cancelled=never)
    assert any(line.startswith("Warning: torch cannot use the GPU") for line in told)
    install(
        dataclasses.replace(
            wheel_plan(root, {"devices": {"cuda:0": {}}, "problems": []}), accelerator="cuda"
        ),
        progress=silent,
        cancelled=never,
    )
    installation = read_current(root)
    assert installation is not None
    assert installation.accelerator == "cuda"


def test_cancelled_in_the_middle(root: Path) -> None:
    plan = uv_plan(root, 'sleep 60 & echo "$!" > "$PWD/new"; mv "$PWD/new" "$PWD/pid"; sleep 60')
    pid = root / "pid"
    began = time.monotonic()
    with pytest.raises(CancelledError):
        run(plan, cancelled=pid.exists)
    assert time.monotonic() - began < 10
    assert names(root) == {"pid", *KEPT}
    grandchild = int(pid.read_text(encoding="utf-8"))
    if psutil.pid_exists(grandchild):  # killed, and not yet buried by whoever has inherited it
        assert psutil.Process(grandchild).status() == psutil.STATUS_ZOMBIE


def test_a_failing_installer(root: Path) -> None:
    plan = uv_plan(root, "echo 'cause: dns error' >&2; exit 2")
    with pytest.raises(PluginError, match="The package index cannot be reached"):
        run(plan)
    assert names(root) == KEPT
    log = (root / LOG).read_text(encoding="utf-8")
    assert "cause: dns error" in log
    assert "pip install" in log


def test_what_the_installer_gets(root: Path) -> None:
    plan = dataclasses.replace(
        uv_plan(root, 'echo "$@" > "$PWD/arguments"; env > "$PWD/variables"; exit 1'),
        index="https://index/simple",
        torch_backend="auto",
    )
    plan.machine.variables["PYTHONHOME"] = "/qgis"  # type: ignore[index]
    network = Network(proxy="http://u:secret@proxy:1", certificates=Path("/ca.pem"))
    with pytest.raises(PluginError):
        install(plan, progress=silent, cancelled=never, network=network)
    variables = (root / "variables").read_text(encoding="utf-8").splitlines()
    assert {
        "UV_DEFAULT_INDEX=https://index/simple",
        "PIP_INDEX_URL=https://index/simple",
        "HTTPS_PROXY=http://u:secret@proxy:1",
        "SSL_CERT_FILE=/ca.pem",
        f"UV_PYTHON_INSTALL_DIR={root}/pythons",
    } <= set(variables)
    assert not any(line.startswith(("PYTHONHOME", "UV_CACHE_DIR")) for line in variables)
    arguments = (root / "arguments").read_text(encoding="utf-8")
    assert "--torch-backend auto" in arguments
    assert "sargeo>=0.1,<0.2" in arguments
    assert "secret" not in arguments + (root / LOG).read_text(encoding="utf-8")


def test_a_python_that_uv_brings(root: Path) -> None:
    plan = uv_plan(root, 'echo "$@" > "$PWD/arguments"; exit 1')
    plan = dataclasses.replace(plan, base=dataclasses.replace(plan.base, python=None))
    uv = plan.installer
    assert uv is not None
    program(uv, 'echo "$@" > "$PWD/arguments"; exit 1')
    with pytest.raises(PluginError):
        run(plan)
    arguments = (root / "arguments").read_text(encoding="utf-8")
    assert arguments == f"venv --managed-python --python 3.12.4 {root}/env1\n"


def test_a_disk_that_fills_up(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("sargeo_qgis.core.environment.install.write_current", full)
    with pytest.raises(PluginError, match="The disk is full"):
        run(wheel_plan(root))
    assert names(root) == KEPT


def test_two_windows_at_once(root: Path) -> None:
    plan = wheel_plan(root)
    with (
        exclusive(root / LOCK, holder="installing sargeo"),
        pytest.raises(PluginError, match="Another QGIS window is installing sargeo"),
    ):
        run(plan)
    with (
        exclusive(root / LOCK, holder="installing sargeo"),
        pytest.raises(PluginError, match="Another QGIS window is installing sargeo"),
    ):
        remove(root, sys.platform)


def test_files_in_use_on_windows(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = run(wheel_plan(root))

    def refuse(*_: object) -> None:
        raise PermissionError(13, "The process cannot access the file")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", refuse)
        with pytest.raises(PluginError, match="env1 is in use"):
            remove(root, sys.platform)
        assert current_python(root, sys.platform) == python
        run(wheel_plan(root))
        assert names(root) == {"env1", "env2", CURRENT, *KEPT}
    upkeep.clean_up(root)
    assert names(root) == {"env2", CURRENT, *KEPT}


def test_what_was_removed_by_half_does_not_keep_the_rest(root: Path) -> None:
    run(wheel_plan(root))
    for name in ("pythons", "pythons.gone"):
        (root / name / "cpython").mkdir(parents=True)
    remove(root, sys.platform)
    assert names(root) == {LOCK}


def test_a_file_that_another_program_shows_on_windows(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = run(wheel_plan(root))
    unlink = Path.unlink

    def refuse_log(self: Path, missing_ok: bool = False) -> None:
        if self.name == LOG:
            raise PermissionError(13, "The process cannot access the file")
        unlink(self, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse_log)
    said = rf"{LOG} cannot be removed: The process cannot access the file\. Close the programs"
    with pytest.raises(PluginError, match=said):
        run(wheel_plan(root))
    assert current_python(root, sys.platform) == python
    with pytest.raises(PluginError, match=said):
        remove(root, sys.platform)


@pytest.mark.parametrize("text", ["{", json.dumps({"name": "env1"})])
def test_a_damaged_record_is_repaired(root: Path, text: str) -> None:
    plan = wheel_plan(root)
    run(plan)
    (root / CURRENT).write_text(text, encoding="utf-8")
    assert choices_in_use(root) == Choices()
    assert run(plan) == root / "env1" / "bin" / "python"
    assert current_python(root, sys.platform) is not None


def test_choices_of_a_later_plugin_are_forgotten(root: Path) -> None:
    run(wheel_plan(root))
    record = json.loads((root / CURRENT).read_text(encoding="utf-8"))
    record["choices"]["new"] = 1
    (root / CURRENT).write_text(json.dumps(record), encoding="utf-8")
    assert choices_in_use(root) == Choices()


def test_libraries_of_cuda_go_with_the_driver() -> None:
    locked = "numpy==2\ncuda-bindings==13\nnvidia-cublas==13 ; sys_platform\ntriton==3\ntorch==2\n"
    assert constraints_for("auto", locked) == "numpy==2\ntorch==2\n"
    assert constraints_for("cpu", locked) == constraints_for("", locked) == locked
