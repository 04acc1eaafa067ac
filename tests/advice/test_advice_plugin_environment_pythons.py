"""Pythons that the plugin's environment cannot be based on: what is advised leads to one."""

from __future__ import annotations

import dataclasses
import shutil
import sys
from pathlib import Path

import pytest
from sargeo_qgis.core.environment.choices import Choices
from sargeo_qgis.core.remote import RemoteMachine
from support.advice import follows
from support.plugin_bundles import HERE, PYTHON, packed
from support.plugin_environment import UV, base_python, machine, program, sargeo_wheel
from support.plugin_setup import Setup, pretend_windows, refusal
from tools.bundle import Target

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the programs are shell scripts")

REFUSAL = "sargeo_qgis.core.environment.pythons:_refusal"
NEAREST = "sargeo_qgis.core.environment.pythons:_nearest"

INSTALL = "Install … for 64 bits from python.org, or uv."
INSTALL_FOR_BUNDLE = "Install … for 64 bits from python.org."

ANOTHER_MACHINE = (
    "let another machine do the work, whose name the Setup page of the sargeo panel takes."
)
OWN = "name a Python with sargeo on the Setup page of the sargeo panel."

STRANGE = "a test runs on one machine with one Python"


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sargeo_qgis.core.environment.plan.has_nvidia_gpu", lambda _: False)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def setup(home: Path) -> Setup:
    """The page of a user without uv, and without a Python but those in ``bin``."""
    return Setup(machine(home))


@pytest.fixture
def wheel(home: Path) -> Choices:
    return Choices(file=str(sargeo_wheel(home / "wheels")))


@pytest.fixture
def bundle(home: Path) -> Choices:
    """For the Python that runs the tests."""
    return Choices(file=str(packed(home / "ours")))


def install_python(home: Path, name: str = f"python{PYTHON}") -> None:
    """Install the Python that runs the tests."""
    program(home / "bin" / name, f'exec "{sys.executable}" "$@"')


def install_uv(home: Path) -> None:
    """Install uv as its installer does."""
    program(home / ".local" / "bin" / "uv", f'exec "{UV}" "$@"')


def assert_python_helps(setup: Setup, choices: Choices) -> None:
    """A real Python makes an environment that works; uv beside it only saves time."""
    home = setup.machine.home
    install_python(home)
    base = setup.check(choices).base
    assert base.python is not None
    assert base.python.samefile(sys.executable)
    install_uv(home)
    found = setup.set(UV_CACHE_DIR=str(home / "cache")).create(choices)
    assert found.sargeo_version == "0.1.0"


def assert_uv_helps(setup: Setup, choices: Choices) -> None:
    """It fetches a Python, which a test does not."""
    install_uv(setup.machine.home)
    plan = setup.check(choices)
    assert plan.base.python is None
    assert plan.installer == setup.machine.home / ".local" / "bin" / "uv"


@follows(REFUSAL, INSTALL, problem="is Python", simulated=STRANGE)
def test_a_newer_python_or_uv_is_installed(setup: Setup, home: Path, wheel: Choices) -> None:
    base_python(home / "bin" / "python3", (3, 9, 1))
    assert "is Python 3.9.1" in refusal(setup.check, wheel).problem
    assert_uv_helps(setup, wheel)
    assert_python_helps(setup, wheel)


@follows(REFUSAL, INSTALL, problem="for 32 bits", simulated=STRANGE)
def test_a_python_for_64_bits_or_uv_is_installed(setup: Setup, home: Path, wheel: Choices) -> None:
    base_python(home / "bin" / "python3", bits=32)
    refusal(setup.check, wheel)
    assert_uv_helps(setup, wheel)
    assert_python_helps(setup, wheel)


@follows(REFUSAL, INSTALL_FOR_BUNDLE, problem="is Python", simulated=STRANGE)
def test_the_python_of_a_bundle_is_installed(setup: Setup, home: Path, bundle: Choices) -> None:
    base_python(home / "bin" / "python3", (3, 9, 1))
    refusal(setup.check, bundle)
    install_uv(home)  # which could only fetch one from the network
    assert f"Python {PYTHON} is needed" in refusal(setup.check, bundle).problem
    assert_python_helps(setup, bundle)


@follows(REFUSAL, INSTALL_FOR_BUNDLE, problem="for 32 bits", simulated=STRANGE)
def test_the_python_of_a_bundle_is_installed_for_64_bits(
    setup: Setup, home: Path, bundle: Choices
) -> None:
    base_python(home / "bin" / "python3", sys.version_info[:3], bits=32)
    refusal(setup.check, bundle)
    assert_python_helps(setup, bundle)


@pytest.mark.parametrize("found", [{"version": (3, 9, 1)}, {"bits": 32}])
@follows(
    "sargeo_qgis.core.environment.pythons:named_base",
    "Name … for 64 bits, or none, so that the plugin looks for one.",
    simulated=STRANGE,
)
def test_another_python_is_named_or_none(
    setup: Setup, home: Path, wheel: Choices, found: dict[str, object]
) -> None:
    install_python(home)
    old = base_python(home / "old", **found)  # type: ignore[arg-type]
    refusal(setup.check, dataclasses.replace(wheel, python=str(old)))
    named = dataclasses.replace(wheel, python=str(home / "bin" / f"python{PYTHON}"))
    assert str(setup.check(named).base.python) == named.python
    assert_python_helps(setup, wheel)


def another_machine(home: Path) -> RemoteMachine:
    """Name a machine on the Setup page, to which an ssh of ours leads."""
    program(home / "bin" / "ssh", 'while [ "$1" != -- ]; do shift; done; shift 2; eval "$@"')
    program(home / "there" / "sargeo", "echo sargeo 0.1.0")
    return RemoteMachine("user@host", f"{home}/there/sargeo", machine(home).variables)


def assert_another_machine_helps(home: Path) -> None:
    assert another_machine(home).version(lambda: False) == "0.1.0"


@follows(
    REFUSAL,
    f"Take a Python for x64 from python.org, or {ANOTHER_MACHINE}",
    simulated="the machine is no Windows on ARM",
)
def test_on_windows_for_arm_a_python_for_x64_is_taken(
    home: Path, wheel: Choices, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_windows(monkeypatch, long_paths=1)  # folders of tests have them
    setup = Setup(machine(home, "win32"))
    arm = base_python(home / "bin" / "python3.12", machine="arm64")
    windows = Target("win32", "amd64", "", ())
    of_bundle = Choices(file=str(packed(home / "bundle", python="3.12", target=windows)))
    of_named = dataclasses.replace(wheel, python=str(arm))
    for choices in (wheel, of_bundle, of_named):
        assert "Windows on ARM" in refusal(setup.check, choices).problem
    x64 = base_python(home / "x64" / "python.exe", machine="amd64")
    taken = dataclasses.replace(wheel, python=str(x64))
    assert setup.check(taken).base.python == x64
    base_python(home / "bin" / "python3.14", (3, 14, 0), machine="amd64")
    assert setup.check(wheel).base.version == "3.14.0"
    assert_another_machine_helps(home)


@follows(
    REFUSAL,
    f"Take a Python of Homebrew on a Mac with an Apple chip, or {ANOTHER_MACHINE}",
    simulated="the machine is no Mac",
)
def test_on_a_mac_a_python_of_homebrew_is_taken(home: Path, wheel: Choices) -> None:
    """QGIS may be for Intel, and its Python with it, on a Mac that is not."""
    setup = Setup(machine(home, "darwin"))
    base_python(home / "qgis" / "bin" / "python3")
    mac = Target("darwin", "arm64", "", ())
    of_bundle = Choices(file=str(packed(home / "bundle", python="3.12", target=mac)))
    for choices in (wheel, of_bundle):
        assert "an Intel Mac" in refusal(setup.check, choices).problem
    base_python(home / "bin" / "python3.12", machine="arm64")
    for choices in (wheel, of_bundle):
        assert setup.check(choices).base.version == "3.12.4"
    assert_another_machine_helps(home)


@follows(
    REFUSAL,
    "Choose no bundle, so that sargeo comes from the package index.",
    simulated=STRANGE,
)
def test_no_bundle_is_chosen_on_another_machine(setup: Setup, home: Path, bundle: Choices) -> None:
    base_python(home / "bin" / f"python{PYTHON}", sys.version_info[:3], machine="aarch64")
    assert f"one for {HERE.machine} is needed" in refusal(setup.check, bundle).problem
    plan = setup.check(Choices())
    assert plan.manifest is None
    assert dict(plan.describe())["sargeo and its libraries from"].startswith("PyPI")


@follows(
    REFUSAL,
    "Install the package python…-venv with the system's package manager, or uv.",
    simulated="a test does not uninstall modules of its Python",
)
def test_the_package_for_environments_or_uv_is_installed(
    setup: Setup, home: Path, wheel: Choices, bundle: Choices
) -> None:
    python = base_python(home / "bin" / f"python{PYTHON}", sys.version_info[:3], venv=False)
    named = dataclasses.replace(wheel, python=str(python))
    for choices in (wheel, bundle, named):
        assert f"python{PYTHON}-venv" in refusal(setup.check, choices).remedy
    install_uv(home)
    for choices in (wheel, bundle, named):
        assert setup.check(choices).base.python == python
    shutil.rmtree(home / ".local")
    base_python(python, sys.version_info[:3], venv=True)
    for choices in (wheel, bundle, named):
        plan = setup.check(choices)
        assert (plan.base.python, plan.installer) == (python, None)
    assert_python_helps(setup, wheel)


def own_python(home: Path) -> str:
    """Return an environment of the user's own with sargeo."""
    own = Setup(machine(home / "own"))
    install_python(own.machine.home)
    install_uv(own.machine.home)
    wheel = Choices(file=str(sargeo_wheel(home / "wheels")))
    python = own.set(UV_CACHE_DIR=str(home / "cache")).create(wheel).python
    return str(python.parents[1])


@follows(NEAREST, f"Install one for 64 bits from python.org, or uv, or {OWN}")
def test_a_python_or_uv_is_installed_or_an_own_one_named(
    setup: Setup, home: Path, wheel: Choices
) -> None:
    assert refusal(setup.check, wheel).problem == "There is no Python 3.11 to 3.14 on this machine."
    assert setup.found(own_python(home)).origin == "setting"
    assert_uv_helps(setup, wheel)
    assert_python_helps(setup, wheel)


@follows(NEAREST, f"Install one for 64 bits from python.org, or {OWN}")
def test_the_python_of_a_bundle_is_installed_where_there_is_none(
    setup: Setup, home: Path, bundle: Choices
) -> None:
    assert PYTHON in refusal(setup.check, bundle).problem
    assert setup.found(own_python(home)).sargeo_version == "0.1.0"
    install_uv(home)  # which could only fetch one from the network
    assert "or uv" not in refusal(setup.check, bundle).remedy
    assert_python_helps(setup, bundle)
