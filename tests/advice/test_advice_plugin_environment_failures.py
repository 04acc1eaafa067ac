"""What installers fail of: what is advised lets the same choices be installed."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import pytest
from sargeo_qgis.core.certificates import write_authorities
from sargeo_qgis.core.child_environment import Network
from sargeo_qgis.core.environment.choices import Choices
from support.advice import follows
from support.plugin_bundles import PYTHON, packed
from support.plugin_environment import (
    UV,
    machine,
    program,
    sargeo_wheel,
    with_uv,
    write_index,
)
from support.plugin_setup import Setup, refusal

advised = partial(follows, "sargeo_qgis.core.environment.failures:explain")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the programs are shell scripts")


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    """The page of a user with uv, whose home is the folder of the test."""
    return Setup(with_uv(tmp_path))


@pytest.fixture
def wheel(tmp_path: Path) -> Choices:
    return Choices(file=str(sargeo_wheel(tmp_path / "wheels")))


def failing(setup: Setup, unless: str, printed: str) -> Setup:
    """Let uv install only where a condition of the shell holds, and print something elsewhere."""
    script = (
        f'if [ "$1" = pip ] && ! {unless}; then\n'
        f"    echo 'error: Failed to fetch: `https://pypi.org/simple/sargeo/`'\n"
        f"    echo '  cause: {printed}'; exit 2\n"
        f'fi\nexec "{UV}" "$@"'
    )
    return setup.set(SARGEO_UV=str(program(setup.machine.home / "uv", script)))


@advised(
    "Enter them in QGIS under Settings > Options > Network, then try again.",
    simulated="there is no proxy, and no QGIS with its settings",
)
def test_name_and_password_of_the_proxy_are_entered(setup: Setup, wheel: Choices) -> None:
    proxy = "http://anna:secret@proxy:3128"
    asked = failing(
        setup, f'[ "$HTTPS_PROXY" = {proxy} ]', "tunnel error: proxy authorization required"
    )
    refusal(asked.create, wheel, Network("http://proxy:3128"))
    assert asked.create(wheel, Network(proxy)).sargeo_version == "0.1.0"


@advised(
    "Check its address in QGIS under Settings > Options > Network, then try again.",
    simulated="there is no proxy, and no QGIS with its settings",
)
def test_the_address_of_the_proxy_is_corrected(setup: Setup, wheel: Choices) -> None:
    proxy = "http://proxy:3128"
    wrong = failing(setup, f'[ "$HTTPS_PROXY" = {proxy} ]', "tunnel error: failed to create")
    refusal(wrong.create, wheel, Network("http://proxy:8080"))
    assert wrong.create(wheel, Network(proxy)).sargeo_version == "0.1.0"


@advised(
    "Add the certificate of its authority in QGIS under Settings > Options > Authentication, or"
    " name a file by the variable SSL_CERT_FILE.",
    simulated="there is no proxy that looks into connections, and no QGIS with its settings",
)
def test_a_certificate_is_added_or_its_file_named(
    setup: Setup, wheel: Choices, tmp_path: Path
) -> None:
    known = write_authorities(b"the company's\n", tmp_path)
    there = 'grep -qs company "$SSL_CERT_FILE"'
    unknown = failing(setup, there, "invalid peer certificate: UnknownIssuer")
    refusal(unknown.create, wheel)
    assert unknown.create(wheel, Network(certificates=known)).sargeo_version == "0.1.0"
    assert unknown.set(SSL_CERT_FILE=str(known)).create(wheel).sargeo_version == "0.1.0"


@advised("Free some space, then try again.", simulated="a disk is not to be filled by a test")
def test_space_is_freed(setup: Setup, wheel: Choices, tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.touch()
    full = failing(setup, f"[ ! -e {large} ]", "No space left on device (os error 28)")
    refusal(full.create, wheel)
    large.unlink()
    assert full.create(wheel).sargeo_version == "0.1.0"


@advised(
    "Try again; if it stays so, the index or bundle is damaged, or has been tampered with.",
    simulated="uv looks at hashes of a bundle only, whose files are looked at before",
)
def test_a_file_with_another_hash_is_fetched_again(
    setup: Setup, wheel: Choices, tmp_path: Path
) -> None:
    once = f"! mkdir {tmp_path}/once 2>/dev/null"
    damaged = failing(setup, f"{{ {once}; }}", "Hash mismatch for `sargeo`")
    refusal(damaged.create, wheel)
    assert damaged.create(wheel).sargeo_version == "0.1.0"


@advised(
    "Install the package python3-venv with the system's package manager, or uv.",
    simulated="a test does not uninstall modules of its Python",
)
def test_the_package_for_environments_or_uv_is_installed(tmp_path: Path) -> None:
    """The modules are there, and what they need is not, as Debian has it."""
    setup = Setup(machine(tmp_path))
    bundle = Choices(file=str(packed(tmp_path / "ours")))
    real = f'exec "{sys.executable}" "$@"'
    python = tmp_path / "bin" / f"python{PYTHON}"
    said = 'echo "not created successfully because ensurepip is not available."; exit 1'
    lacking = f'if [ "$3" = venv ]; then {said}; fi\n{real}'
    named = Choices(file=bundle.file, python=str(program(python, lacking)))
    refusal(setup.create, named)
    uv = program(tmp_path / ".local" / "bin" / "uv", f'exec "{UV}" "$@"')
    assert setup.create(named).sargeo_version == "0.1.0"
    uv.unlink()
    program(python, real)
    assert setup.create(named).sargeo_version == "0.1.0"


@advised("Use a Python that sargeo supports (3.11 to 3.14), and an index that is complete.")
def test_a_complete_index_is_used(setup: Setup, tmp_path: Path) -> None:
    """The Python is one that sargeo supports; the index has an old sargeo only."""
    python = sys.executable
    old = write_index(tmp_path / "old", "0.0.9").as_uri()
    refusal(setup.create, Choices(index=old, python=python))
    complete = write_index(tmp_path / "complete").as_uri()
    assert setup.create(Choices(index=complete, python=python)).sargeo_version == "0.1.0"


@advised(
    "Try again; if it stays so, exempt the folder from the scanner, or choose another by the"
    " variable SARGEO_ENVIRONMENTS.",
    simulated="there is no virus scanner, and the superuser may write anywhere",
)
def test_a_folder_is_exempted_or_another_chosen(
    setup: Setup, wheel: Choices, tmp_path: Path
) -> None:
    exempted = tmp_path / "exempted"
    free = f'{{ [ -e {exempted} ] || [ "$PWD" != {setup.root} ]; }}'
    held = failing(setup, free, "Access is denied. (os error 5)")
    refusal(held.create, wheel)
    other = held.set(SARGEO_ENVIRONMENTS=str(tmp_path / "other"))
    assert other.create(wheel).sargeo_version == "0.1.0"
    exempted.touch()
    assert held.create(wheel).sargeo_version == "0.1.0"
