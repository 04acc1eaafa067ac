"""Choices for the plugin's environment that cannot be used: what is advised makes it work."""

from __future__ import annotations

import base64
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from sargeo_qgis.core.child_environment import Network
from sargeo_qgis.core.environment.choices import Choices
from sargeo_qgis.core.environment.places import CURRENT, LOG
from support.advice import follows
from support.plugin_bundles import HERE, altered, packed
from support.plugin_environment import UV, program, sargeo_wheel, with_uv, write_index, write_wheel
from support.plugin_setup import Setup, refusal
from tools.bundle import TARGETS

GET_IT_AGAIN = "Get the bundle again, or make it anew with make bundle."


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    """The page of a user with uv, whose home is the folder of the test."""
    return Setup(with_uv(tmp_path))


@pytest.fixture
def wheel(tmp_path: Path) -> Choices:
    return Choices(file=str(sargeo_wheel(tmp_path / "wheels")))


def of_bundle(path: Path) -> Choices:
    return Choices(file=str(path), python=sys.executable)


def spoilt(path: Path, place: int, data: bytes) -> Path:
    """Return a copy of a bundle of which some bytes are others."""
    whole = path.read_bytes()
    copy = path.with_name("copy.zip")
    copy.write_bytes(whole[:place] + data + whole[place + len(data) :])
    return copy


@follows("sargeo_qgis.core.environment.bundle:read_manifest", GET_IT_AGAIN)
def test_a_bundle_that_is_cut_off_is_got_again_or_made_anew(setup: Setup, tmp_path: Path) -> None:
    whole = packed(tmp_path / "elsewhere")
    copy = tmp_path / "copy.zip"
    copy.write_bytes(whole.read_bytes()[:-100])
    refusal(setup.check, of_bundle(copy))
    copy.write_bytes(whole.read_bytes())
    assert setup.create(of_bundle(copy)).sargeo_version == "0.1.0"
    # What make bundle packs after it has downloaded the wheels.
    assert setup.create(of_bundle(packed(tmp_path / "anew"))).sargeo_version == "0.1.0"


@follows(
    "sargeo_qgis.core.environment.bundle:read_manifest",
    "Use a plugin and a bundle of the same release.",
)
def test_a_bundle_of_the_same_release_is_used(setup: Setup, tmp_path: Path) -> None:
    ours = packed(tmp_path / "ours")
    refusal(setup.check, of_bundle(altered(ours, format=2)))
    assert setup.create(of_bundle(ours)).sargeo_version == "0.1.0"


@follows("sargeo_qgis.core.environment.bundle:read_manifest", "Get the bundle for this platform.")
def test_the_bundle_for_this_platform_is_got(setup: Setup, tmp_path: Path) -> None:
    other = next(target for target in TARGETS if target.platform != HERE.platform)
    refusal(setup.check, of_bundle(packed(tmp_path / "other", target=other)))
    assert setup.create(of_bundle(packed(tmp_path / "ours"))).sargeo_version == "0.1.0"


@follows("sargeo_qgis.core.environment.bundle:unpack", GET_IT_AGAIN, problem="is not what it was")
def test_a_bundle_with_another_file_is_made_anew(setup: Setup, tmp_path: Path) -> None:
    ours = packed(tmp_path / "ours")
    exchanged = altered(ours, files={"requirements.txt": "0" * 64})
    refusal(setup.create, of_bundle(exchanged))
    assert setup.create(of_bundle(packed(tmp_path / "anew"))).sargeo_version == "0.1.0"


@follows("sargeo_qgis.core.environment.bundle:unpack", GET_IT_AGAIN, problem="is damaged")
def test_a_damaged_bundle_is_got_again(setup: Setup, tmp_path: Path) -> None:
    ours = packed(tmp_path / "ours")
    place = ours.read_bytes().index(b"sargeo==0.1.0")
    copy = spoilt(ours, place, b"\xff")
    assert "is damaged" in refusal(setup.create, of_bundle(copy)).problem
    copy.write_bytes(ours.read_bytes())
    assert setup.create(of_bundle(copy)).sargeo_version == "0.1.0"


@follows(
    "sargeo_qgis.core.environment.choices:Choices.refuse_unusable",
    "Choose a wheel of sargeo, or a bundle that make bundle has made.",
)
def test_a_wheel_or_a_bundle_is_chosen(setup: Setup, wheel: Choices, tmp_path: Path) -> None:
    refusal(setup.check, Choices(file=str(tmp_path / "sargeo-0.1.0.tar.gz")))
    assert setup.create(wheel).sargeo_version == "0.1.0"
    assert setup.create(of_bundle(packed(tmp_path / "ours"))).sargeo_version == "0.1.0"


@follows(
    "sargeo_qgis.core.environment.choices:Choices.refuse_unusable",
    "Choose the wheel or bundle of sargeo again.",
)
def test_a_file_that_was_moved_is_chosen_again(
    setup: Setup, wheel: Choices, tmp_path: Path
) -> None:
    """The plugin keeps the path for repairs."""
    setup.create(wheel)
    moved = Path(wheel.file).rename(tmp_path / Path(wheel.file).name)
    refusal(setup.repair)
    assert setup.create(Choices(file=str(moved))).sargeo_version == "0.1.0"
    bundle = of_bundle(packed(tmp_path / "ours"))
    setup.create(bundle)
    moved = Path(bundle.file).rename(tmp_path / Path(bundle.file).name)
    refusal(setup.repair)
    assert setup.create(of_bundle(moved)).sargeo_version == "0.1.0"


@follows("sargeo_qgis.core.environment.choices:_refuse_wheel", "Choose sargeo-….whl.")
def test_the_wheel_of_sargeo_is_chosen(setup: Setup, wheel: Choices, tmp_path: Path) -> None:
    numpy = write_wheel(tmp_path, "numpy", "2.0.0", {})
    refusal(setup.check, Choices(file=str(numpy)))
    assert setup.create(wheel).sargeo_version == "0.1.0"


@pytest.mark.parametrize("address", ["pypi.org/simple", "ftp://host/simple", "https://[::1/simple"])
@follows(
    "sargeo_qgis.core.environment.choices:_refuse_address",
    "Name one that begins with https://, such as https://pypi.org/simple.",
)
def test_an_index_is_named_by_its_address(setup: Setup, wheel: Choices, address: str) -> None:
    """A wheel that needs nothing is installed without asking the index."""
    said = refusal(setup.check, Choices(file=wheel.file, index=address)).remedy
    named = said.removesuffix(".").rpartition("such as ")[2]
    plan = setup.check(Choices(file=wheel.file, index=named))
    assert dict(plan.describe())["sargeo and its libraries from"].endswith(f" and {named}")
    assert setup.install(plan).sargeo_version == "0.1.0"


class Index(SimpleHTTPRequestHandler):
    """A package index that serves a folder to one user."""

    def do_GET(self) -> None:
        expected = base64.b64encode(b"anna:secret").decode("ascii")
        if self.headers.get("Authorization") == f"Basic {expected}":
            super().do_GET()
        else:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="packages"')
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def index(tmp_path: Path) -> Iterator[str]:
    """The host and port of a running index."""
    served = write_index(tmp_path / "served" / "simple").parent
    handler = partial(Index, directory=str(served))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@follows(
    "sargeo_qgis.core.environment.choices:_refuse_address",
    "Leave them out, and put them into the file .netrc in your home folder; or name no index here,"
    " and set the variable … to the whole address.",
)
def test_a_password_is_left_out_of_the_address(setup: Setup, index: str, tmp_path: Path) -> None:
    whole = f"http://anna:secret@{index}/simple"
    refusal(setup.check, Choices(index=whole))
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login anna password secret\n", encoding="utf-8")
    netrc.chmod(0o600)
    assert setup.create(Choices(index=f"http://{index}/simple")).sargeo_version == "0.1.0"
    netrc.unlink()
    setup = setup.set(UV_DEFAULT_INDEX=whole, UV_CACHE_DIR=str(tmp_path / "empty"))
    assert setup.create(Choices()).sargeo_version == "0.1.0"
    kept = (setup.root / CURRENT).read_text(encoding="utf-8")
    assert "secret" not in kept + (setup.root / LOG).read_text(encoding="utf-8")


@follows(
    "sargeo_qgis.core.environment.failures:explain",
    "Check its address, and the user name and password in .netrc in your home folder.",
)
def test_the_password_in_netrc_is_corrected(setup: Setup, index: str, tmp_path: Path) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login anna password sceret\n", encoding="utf-8")
    choices = Choices(index=f"http://{index}/simple")
    refusal(setup.create, choices)
    netrc.write_text("machine 127.0.0.1 login anna password secret\n", encoding="utf-8")
    assert setup.create(choices).sargeo_version == "0.1.0"


@follows(
    "sargeo_qgis.core.environment.failures:explain",
    "Check the network, and the proxy in QGIS under Settings > Options > Network; or install from"
    " a bundle, for which no network is needed.",
)
def test_the_network_is_checked_or_a_bundle_taken(setup: Setup, index: str, tmp_path: Path) -> None:
    """Nobody listens at the proxy; the index is there without it."""
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login anna password secret\n", encoding="utf-8")
    setup = setup.set(UV_HTTP_RETRIES="0")
    choices = Choices(index=f"http://{index}/simple")
    wrong = Network(proxy="http://127.0.0.1:9")
    refusal(setup.create, choices, wrong)
    assert setup.create(of_bundle(packed(tmp_path / "ours")), wrong).sargeo_version == "0.1.0"
    assert setup.create(choices, Network()).sargeo_version == "0.1.0"


def log_named_in(remedy: str) -> str:
    path = remedy.removeprefix("Read the log: ").removesuffix(".")
    return Path(path).read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="the program is a shell script")
@follows("sargeo_qgis.core.environment.failures:explain", "Read the log: ….")
def test_the_log_says_what_the_installer_hints_at(
    setup: Setup, wheel: Choices, tmp_path: Path
) -> None:
    """A failure that nobody has foreseen, whose hint is not in the message."""
    script = (
        'if [ "$1" = pip ] && [ "$UV_LINK_MODE" != copy ]; then\n'
        "    echo 'error: The clone was refused.'; echo; echo 'hint: Set UV_LINK_MODE=copy'\n"
        "    exit 2\n"
        f'fi\nexec "{UV}" "$@"'
    )
    setup = setup.set(SARGEO_UV=str(program(tmp_path / "uv", script)))
    said = refusal(setup.create, wheel)
    assert "hint" not in said.problem
    log = log_named_in(said.remedy)
    assert f"pip install --python {setup.root}" in log
    name, value = log.rpartition("hint: Set ")[2].strip().split("=")
    assert setup.set(**{name: value}).create(wheel).sargeo_version == "0.1.0"


@follows(
    "sargeo_qgis.core.environment.install:_removed_on_failure",
    "Press Check this machine to plan it anew, and follow what it says.",
)
def test_a_machine_is_checked_anew(setup: Setup, tmp_path: Path) -> None:
    """A stick with the bundle was taken out after the check."""
    bundle = packed(tmp_path / "stick")
    plan = setup.check(of_bundle(bundle))
    away = bundle.rename(tmp_path / bundle.name)
    said = refusal(setup.install, plan)
    assert str(bundle) in said.problem
    again = refusal(setup.check, of_bundle(bundle))
    assert again.remedy == "Choose the wheel or bundle of sargeo again."
    assert setup.create(of_bundle(away)).sargeo_version == "0.1.0"


@follows(
    "sargeo_qgis.core.environment.machine:find_uv",
    "Correct or remove the variable SARGEO_UV.",
)
def test_the_variable_of_uv_is_corrected_or_removed(setup: Setup, wheel: Choices) -> None:
    wrong = setup.set(SARGEO_UV=str(UV.with_name("uvv")))
    refusal(wrong.check, wheel)
    assert wrong.set(SARGEO_UV=str(UV)).create(wheel).sargeo_version == "0.1.0"
    removed = wrong.set(SARGEO_UV="")
    assert removed.check(wheel).installer == UV  # which is in the PATH, too
    assert removed.create(wheel).sargeo_version == "0.1.0"
