"""Build the offline bundle: ``make bundle``, or ``python -m tools.bundle`` in ``qgis_plugin``.

A zip with the wheels of sargeo, of all that it needs and of uv, from which the plugin makes its
environment without a network. It is for one platform and one minor version of Python, by default
those of this machine. Takes uv and hatchling, which ``make install`` brings.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from packaging.utils import parse_wheel_filename
from sargeo_qgis.core.environment.bundle import FORMAT, MANIFEST, REQUIREMENTS, Manifest
from sargeo_qgis.core.environment.install import constraints_for
from sargeo_qgis.core.environment.plan import LOCKED

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Target:
    """What a bundle is for.

    Parameters
    ----------
    platform, machine : str
        As ``sys.platform``, and as ``platform.machine()`` in lower case.
    uv_platform : str
        Its name in uv.
    tags : tuple of str
        Its tags of wheels.
    """

    platform: str
    machine: str
    uv_platform: str
    tags: tuple[str, ...]


_GLIBC = tuple(f"manylinux_2_{minor}_x86_64" for minor in range(28, 4, -1))
TARGETS = (
    Target(
        "linux",
        "x86_64",
        "x86_64-manylinux_2_28",
        (*_GLIBC, "manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64"),
    ),
    Target("win32", "amd64", "x86_64-pc-windows-msvc", ("win_amd64",)),
    Target("darwin", "arm64", "aarch64-apple-darwin", ("macosx_15_0_arm64",)),
)

#: Holds an index for each build of torch, under the name of uv's option.
PYTORCH_INDEX = "https://download.pytorch.org/whl"

#: The oldest macOS for which all locked requirements have wheels.
MACOS = "15.0"


def main(arguments: Sequence[str] | None = None) -> None:
    """Build a bundle as the command line says."""
    options = _parser().parse_args(arguments)
    target = next(target for target in TARGETS if target.platform == options.platform)
    path = build(target, options.python, options.torch_backend, options.output)
    _say(f"{path} ({path.stat().st_size / 1e9:.2f} GB)")


def build(target: Target, python: str, torch_backend: str, output: Path) -> Path:
    """Write ``sargeo-VERSION-PLATFORM-bundle.zip``.

    Parameters
    ----------
    target : Target
        What it is for.
    python : str
        Major and minor version of Python.
    torch_backend : str
        As of uv's option; empty takes the torch of PyPI.
    output : Path
        Folder to write to; made if missing.
    """
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output, prefix="bundle-") as temporary:
        wheels = Path(temporary)
        _say("Building the wheel of sargeo")
        _uv("build", "--wheel", "--no-build-isolation", "--quiet", "--out-dir", temporary, ".")
        _say("Resolving what it needs")
        lock = _resolve(target, python, torch_backend, wheels)
        _say("Downloading it")
        _download(target, python, torch_backend, lock, wheels)
        _say("Packing")
        return pack(sorted(wheels.glob("*.whl")), target, python, output)


def pack(wheels: Sequence[Path], target: Target, python: str, output: Path) -> Path:
    """Write wheels, requirements with hashes, and what the plugin needs to know into a zip.

    Parameters
    ----------
    wheels : sequence of Path
        One of sargeo, one of uv, and one of each requirement.
    target : Target
        What they are for.
    python : str
        Major and minor version of Python.
    output : Path
        Folder to write to.
    """
    hashes = {wheel: _sha256(wheel) for wheel in wheels}
    versions = {wheel: parse_wheel_filename(wheel.name)[:2] for wheel in wheels}
    # uv is for the installer, and not to be installed.
    requirements = "".join(
        f"{name}=={version} --hash=sha256:{hashes[wheel]}\n"
        for wheel, (name, version) in versions.items()
        if name != "uv"
    )
    manifest = Manifest(
        format=FORMAT,
        sargeo=next(str(version) for name, version in versions.values() if name == "sargeo"),
        platform=target.platform,
        machine=target.machine,
        python=python,
        unpacked_bytes=sum(_unpacked_bytes(wheel) for wheel in wheels),
        files={
            REQUIREMENTS: hashlib.sha256(requirements.encode("utf-8")).hexdigest(),
            **{f"wheels/{wheel.name}": digest for wheel, digest in hashes.items()},
        },
    )
    tag = f"{target.platform}-{target.machine}-cp{python.replace('.', '')}"
    path = output / f"sargeo-{manifest.sargeo}-{tag}-bundle.zip"
    partial = path.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=2))
        archive.writestr(REQUIREMENTS, requirements)
        for wheel in wheels:
            archive.write(wheel, f"wheels/{wheel.name}")
    partial.replace(path)
    return path


def _resolve(target: Target, python: str, torch_backend: str, folder: Path) -> Path:
    """Return the versions and hashes of all that is needed, those locked for the plugin."""
    constraints, extra, lock = (folder / name for name in ("locked.txt", "extra.in", "lock.txt"))
    locked = LOCKED.read_text(encoding="utf-8")
    # Only the torch of PyPI goes with the libraries of CUDA that are locked.
    constraints.write_text(
        constraints_for("auto" if torch_backend else "", locked), encoding="utf-8"
    )
    extra.write_text("uv\n", encoding="utf-8")
    _uv(
        *("pip", "compile", "pyproject.toml", str(extra), "-c", str(constraints)),
        *("--python-version", python, "--python-platform", target.uv_platform),
        *("--only-binary", ":all:", "--generate-hashes", "--no-annotate", "--no-header"),
        *(("--torch-backend", torch_backend) if torch_backend else ()),
        *("--quiet", "--output-file", str(lock)),
    )
    return lock


def _download(target: Target, python: str, torch_backend: str, lock: Path, folder: Path) -> None:
    """Let pip fetch the wheel of each requirement that is for the target, and check its hash."""
    index = ("--extra-index-url", f"{PYTORCH_INDEX}/{torch_backend}") if torch_backend else ()
    tags = [argument for tag in target.tags for argument in ("--platform", tag)]
    _run(
        *(sys.executable, "-m", "pip", "download", "--disable-pip-version-check"),
        *("--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(lock)),
        *("--python-version", python, *tags),
        *index,
        *("--progress-bar", "off", "--dest", str(folder)),
    )


def _uv(*arguments: str) -> None:
    _run(sys.executable, "-m", "uv", *arguments)


def _run(*command: str) -> None:
    environment = {**os.environ, "MACOSX_DEPLOYMENT_TARGET": MACOS}
    subprocess.run(command, check=True, cwd=ROOT, env=environment)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unpacked_bytes(wheel: Path) -> int:
    with zipfile.ZipFile(wheel) as archive:
        return sum(member.file_size for member in archive.infolist())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bundle", description=__doc__)
    parser.add_argument(
        "--platform", choices=[target.platform for target in TARGETS], default=sys.platform
    )
    parser.add_argument("--python", default=".".join(platform.python_version_tuple()[:2]))
    parser.add_argument("--torch-backend", default="", help="such as cpu: the index of PyTorch")
    parser.add_argument("--output", type=Path, default=ROOT / "dist")
    return parser


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
