"""What an installation will do: known and refused before it begins."""

from __future__ import annotations

import json
import shutil
import sys
import types
from pathlib import Path

import pytest
from sargeo_qgis.core.environment import machine as machines
from sargeo_qgis.core.environment.choices import Choices
from sargeo_qgis.core.environment.plan import InstallPlan, make_plan
from sargeo_qgis.core.errors import PluginError
from support.plugin_environment import UV, base_python, machine, program, sargeo_wheel
from support.plugin_setup import Registry

AS_IS = Choices()

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the programs are shell scripts")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    base_python(tmp_path / "Jürgen Ö" / "bin" / "python3.12")
    return tmp_path / "Jürgen Ö"


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sargeo_qgis.core.environment.plan.has_nvidia_gpu", lambda _: False)


@pytest.fixture
def gpu(no_gpu: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sargeo_qgis.core.environment.plan.has_nvidia_gpu", lambda _: True)


@pytest.fixture(autouse=True)
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the branches for Windows run here."""
    monkeypatch.setitem(sys.modules, "winreg", Registry(1))
    for module in ("interpreter", "environment.machine"):
        monkeypatch.setattr(f"sargeo_qgis.core.{module}.group_arguments", lambda _: {})


def plan_for(
    home: Path, choices: Choices = AS_IS, platform: str = "linux", **variables: str
) -> InstallPlan:
    return make_plan(choices, home / "root", machine(home, platform, **variables))


def refusal(home: Path, choices: Choices = AS_IS, **variables: str) -> PluginError:
    with pytest.raises(PluginError) as caught:
        plan_for(home, choices, **variables)
    return caught.value


def test_what_the_user_agrees_to(home: Path) -> None:
    plan = plan_for(home)
    assert dict(plan.describe()) == {
        "Location": str(home / "root"),
        "Python": f"3.12.4 ({home}/bin/python3.12 stays as it is)",
        "sargeo and its libraries from": "PyPI and the index of PyTorch",
        "Runs on": "processor",
        "Download, about": "440 MB",
        "On disk, about": "1.5 GB",
        "Installed with": "pip and uv, both inside the environment",
    }
    assert plan.requirements == ["sargeo>=0.1,<0.2"]
    assert not (home / "root").exists()


@pytest.mark.parametrize(
    ("platform", "choices", "variables", "backend", "index"),
    [
        ("linux", Choices(), {}, "cpu", ""),
        ("linux", Choices(plain=True), {}, "", ""),
        ("linux", Choices(accelerator="cuda"), {}, "auto", ""),
        ("linux", Choices(index="https://i/simple"), {}, "", "https://i/simple"),
        ("linux", Choices(), {"PIP_INDEX_URL": "https://p"}, "", "https://p"),
        ("linux", Choices(index="https://i"), {"UV_DEFAULT_INDEX": "https://u"}, "", "https://i"),
        ("win32", Choices(), {}, "", ""),
        ("win32", Choices(accelerator="cuda"), {}, "auto", ""),
        ("darwin", Choices(accelerator="cuda"), {}, "", ""),
    ],
)
def test_where_torch_comes_from(
    home: Path, platform: str, choices: Choices, variables: dict[str, str], backend: str, index: str
) -> None:
    base_python(home / "bin" / "python3.12", machine="arm64" if platform == "darwin" else "amd64")
    plan = plan_for(home, choices, platform, **variables)
    assert (plan.torch_backend, plan.index) == (backend, index)


def test_a_password_in_a_variable_is_not_shown(home: Path) -> None:
    plan = plan_for(home, UV_DEFAULT_INDEX="https://user:secret@host:8/simple")
    assert dict(plan.describe())["sargeo and its libraries from"] == "https://host:8/simple"
    assert "secret" in plan.index


@pytest.mark.usefixtures("gpu")
def test_a_gpu_is_used(home: Path) -> None:
    plan = plan_for(home)
    assert (plan.accelerator, plan.torch_backend) == ("cuda", "auto")
    assert plan.download_bytes > 2e9
    assert plan_for(home, Choices(accelerator="cpu")).torch_backend == "cpu"
    assert dict(plan_for(home, Choices(plain=True)).describe())["Runs on"].startswith(
        "NVIDIA graphics card,"
    )


def test_gpus_are_found(tmp_path: Path) -> None:
    system = tmp_path / "Windows" / "System32"
    system.mkdir(parents=True)
    windows = machine(tmp_path, "win32", SYSTEMROOT=str(tmp_path / "Windows"))
    assert not machines.has_nvidia_gpu(windows)
    (system / "nvidia-smi.exe").touch()
    assert machines.has_nvidia_gpu(windows)
    program(tmp_path / "bin" / "nvidia-smi", "")
    assert machines.has_nvidia_gpu(machine(tmp_path, "linux"))
    assert not machines.has_nvidia_gpu(machine(tmp_path, "darwin"))


def test_a_wheel(home: Path) -> None:
    wheel = sargeo_wheel(home / "wheels")
    assert plan_for(home, Choices(file=str(wheel))).requirements == [str(wheel)]


@pytest.mark.parametrize(
    ("choices", "problem"),
    [
        (Choices(file="sargeo.tar"), "sargeo.tar is neither a wheel (.whl) nor a bundle (.zip)"),
        (Choices(file="gone/sargeo-0.1.0-py3-none-any.whl"), "There is no file gone"),
        (Choices(index="pypi.org"), "pypi.org is not the address of a package index"),
        (Choices(index="https://u:pw@host/simple"), "index at host holds a user name or password"),
        (Choices(python="gone"), "There is no Python at gone"),
    ],
)
def test_choices_that_cannot_be_used(home: Path, choices: Choices, problem: str) -> None:
    assert problem in refusal(home, choices).problem


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("numpy-2.0.0-py3-none-any.whl", "is not a wheel of sargeo"),
        ("sargeo-0.2.0-py3-none-any.whl", "newer than the 0.1 that this plugin knows"),
        ("sargeo-0.0.1-py3-none-any.whl", "older than the 0.1 that this plugin needs"),
        ("bundle.zip", "is no bundle of sargeo, or damaged"),
    ],
)
def test_files_that_cannot_be_used(home: Path, name: str, problem: str) -> None:
    (home / name).touch()
    assert problem in refusal(home, Choices(file=str(home / name))).problem


def test_the_newest_python_that_fits(home: Path) -> None:
    base_python(home / "bin" / "python3.14", (3, 14, 0))
    base_python(home / "bin" / "python3.11", (3, 11, 2))
    program(home / "bin" / "python3.13", "exit 127")  # a shim without a Python behind it
    assert plan_for(home).base.version == "3.14.0"


@pytest.mark.parametrize("folder", ["Programs/Python/Launcher", "Microsoft/WindowsApps"])
def test_the_launcher_of_one_user_is_found_beside_the_path(home: Path, folder: str) -> None:
    base = base_python(home / "python.org" / "python3.12")
    (home / "bin" / "python3.12").unlink()
    program(home / "local ä" / folder / "py", f'shift; exec "{base}" "$@"')
    assert plan_for(home, platform="win32", LOCALAPPDATA=str(home / "local ä")).base.python == base


@pytest.mark.parametrize("folder", [".local/bin", "AppData/Local/Microsoft/WinGet/Links"])
def test_uv_is_found_beside_the_path_on_windows(home: Path, folder: str) -> None:
    uv = program(home / folder / "uv", "echo uv 0.9.2")
    assert plan_for(home, platform="win32").installer == uv


def test_the_launcher_of_windows(home: Path) -> None:
    answer = {"executable": "C:/P/python.exe", "version": [3, 13, 1], "bits": 64}
    answer.update(machine="amd64", venv=True)
    script = f"[ $1 = -3.13 ] && echo '{json.dumps(answer)}' || exit 103"
    program(home / "bin" / "py", script)
    assert plan_for(home, platform="win32").base.python == Path("C:/P/python.exe")


@pytest.mark.parametrize(
    ("platform", "found", "problem", "remedy"),
    [
        ("linux", {"version": (3, 9, 1)}, "is Python 3.9.1; Python 3.11 to 3.14 is needed", "uv"),
        ("linux", {"version": (3, 15, 0)}, "is Python 3.15.0; Python 3.11 to 3.14", "python.org"),
        ("win32", {"bits": 32}, "is a Python for 32 bits", "64 bits"),
        ("darwin", {}, "is a Python for an Intel Mac", "Homebrew"),
        ("win32", {"machine": "arm64"}, "is a Python for Windows on ARM", "x64"),
        ("linux", {"venv": False}, "venv and ensurepip are missing", "python3.12-venv"),
    ],
)
def test_a_python_that_will_not_do(
    home: Path, platform: str, found: dict[str, object], problem: str, remedy: str
) -> None:
    found = {"version": (3, 12, 4), **found}
    python = base_python(home / "bin" / "python3.12", **found)  # type: ignore[arg-type]
    error = refusal(home, platform=platform)
    assert problem in error.problem
    assert remedy in error.remedy
    assert refusal(home, Choices(python=str(python)), platform=platform).problem == error.problem


def test_no_python(home: Path) -> None:
    shutil.rmtree(home / "bin")
    assert refusal(home).problem == "There is no Python 3.11 to 3.14 on this machine."


def test_the_nearest_miss_is_told(home: Path) -> None:
    base_python(home / "bin" / "python3.12", venv=False)
    base_python(home / "bin" / "python3", (3, 9, 1))
    assert "venv and ensurepip are missing" in refusal(home).problem


def test_the_python_of_qgis_is_the_last_resort(home: Path) -> None:
    own = base_python(home / "qgis" / "bin" / "python3", (3, 12, 0))
    assert plan_for(home).base.python != own
    shutil.rmtree(home / "bin")
    assert plan_for(home).base.python == own
    windows = base_python(home / "qgis" / "python.exe", (3, 12, 0), machine="amd64")
    assert plan_for(home, platform="win32").base.python == windows


def test_apples_own_python_is_left_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(home / "bin")
    monkeypatch.setattr(shutil, "which", lambda name, **_: f"/usr/bin/{name}")
    monkeypatch.setattr("sargeo_qgis.core.environment.plan.find_uv", lambda _: None)
    asked: list[str] = []

    def ask(command: list[str], *_: object, **__: object) -> dict[str, object]:
        asked.append(command[0])
        raise PluginError("It does not run.", "")

    monkeypatch.setattr("sargeo_qgis.core.environment.pythons.ask", ask)
    refusal(home, platform="darwin")
    assert "/usr/bin/python3.12" in asked
    assert "/usr/bin/python3" not in asked


@pytest.mark.parametrize("folder", ["bin", ".local/bin", ".cargo/bin"])
def test_uv_is_found_and_may_bring_a_python(home: Path, folder: str) -> None:
    shutil.rmtree(home / "bin")
    uv = program(home / folder / "uv", "echo 'uv 0.13.8 (somewhere)'")
    plan = plan_for(home)
    assert plan.installer == uv
    assert plan.base.python is None
    assert dict(plan.describe())["Python"] == "3.12, fetched by uv"
    assert plan.download_bytes > plan_for_cpu(home).download_bytes


def plan_for_cpu(home: Path) -> InstallPlan:
    base_python(home / "bin" / "python3.12")
    return plan_for(home)


@pytest.mark.parametrize("script", ["echo uv 0.5.1", "exit 1", "echo hello"])
def test_an_unfit_uv(home: Path, script: str) -> None:
    uv = program(home / "bin" / "uv", script)
    assert plan_for(home).installer is None
    assert "SARGEO_UV names" in refusal(home, SARGEO_UV=str(uv)).problem


def test_uv_that_is_named(home: Path) -> None:
    assert plan_for(home, SARGEO_UV=str(UV)).installer == UV


def test_a_disk_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda _: False)
    with pytest.raises(PluginError, match=r"The disk of .* is not there\. Connect it"):
        machines.refuse_full_disk(Path("/z/sargeo"), 1)


def test_a_file_is_no_root(home: Path) -> None:
    (home / "root").touch()
    assert "root is no folder that can be read" in refusal(home).problem


def test_a_full_disk(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = types.SimpleNamespace(free=1_600_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert "has 1.6 GB free, and 1.7 GB are needed" in refusal(home).problem


def test_a_folder_of_somebody_else(home: Path) -> None:
    (home / "root" / "env1").mkdir(parents=True)
    assert "holds other files, such as env1" in refusal(home).problem
    (home / "root" / "env1").rmdir()
    (home / "root" / ".DS_Store").touch()
    plan_for(home)


@pytest.mark.parametrize(("enabled", "refused"), [(1, False), (0, True), (None, True)])
def test_long_paths_of_windows(
    monkeypatch: pytest.MonkeyPatch, enabled: int | None, refused: bool
) -> None:
    monkeypatch.setitem(sys.modules, "winreg", Registry(enabled))
    long = Path("C:/" + "x" * 70)
    machines.refuse_long_root(long, "linux")
    machines.refuse_long_root(Path("C:/Users/Someone/AppData/Local/sargeo/python"), "win32")
    if refused:
        with pytest.raises(PluginError, match="has 73 characters; Windows allows 64"):
            machines.refuse_long_root(long, "win32")
    else:
        machines.refuse_long_root(long, "win32")
