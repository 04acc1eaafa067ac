"""The zip of the plugin keeps the rules of QGIS's plugin repository."""

from __future__ import annotations

import ast
import configparser
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlparse

import pytest
from support.sources import ROOT, modules, nodes_of, offenders, text_of
from tools import package

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
SOURCES = modules("qgis_plugin/sargeo_qgis")

REQUIRED_METADATA = (
    "name",
    "description",
    "version",
    "qgisMinimumVersion",
    "author",
    "email",
    "about",
    "tracker",
    "repository",
)
ADDRESSES = ("homepage", "repository", "tracker")
FORBIDDEN_FOLDERS = {"__MACOSX", ".git", "__pycache__"}
SUSPICIOUS_ENDS = (".exe", ".dll", ".so", ".dylib", ".bat", ".sh", ".ps1", ".cmd")

MIN_CHANGELOG = """# Changelog

## [Unreleased]

- Two.

## [0.1.0] - 2026-11-28

- One,
  100 % `new`.
"""


def parsed(metadata: str) -> configparser.SectionProxy:
    parser = configparser.ConfigParser()
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(metadata)
    return parser["general"]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("plugin zip ü")
    return zipfile.ZipFile(package.build(package.PLUGIN, package.CHANGELOG, folder))


@pytest.fixture(scope="module")
def metadata(archive: zipfile.ZipFile) -> configparser.SectionProxy:
    return parsed(archive.read("sargeo_qgis/metadata.txt").decode("utf-8"))


@pytest.fixture
def small_plugin(tmp_path: Path) -> Path:
    """A plugin of one file, in no git checkout."""
    plugin = tmp_path / "small_plugin"
    plugin.mkdir()
    (plugin / "metadata.txt").write_text("[general]\nversion=0.1.0\n", encoding="utf-8")
    return plugin


def changelog_in(folder: Path) -> Path:
    path = folder / "CHANGELOG.md"
    path.write_text(MIN_CHANGELOG, encoding="utf-8")
    return path


# The validator's rules


def test_the_zip_is_sound_and_small(archive: zipfile.ZipFile) -> None:
    assert archive.testzip() is None
    assert Path(archive.filename or "").stat().st_size < 1_000_000
    assert Path(archive.filename or "").name == f"sargeo_qgis-{VERSION}.zip"


def test_there_is_one_top_folder_whose_name_python_can_import(archive: zipfile.ZipFile) -> None:
    (top,) = {name.partition("/")[0] for name in archive.namelist()}
    assert top == "sargeo_qgis"
    assert top.isidentifier()
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9-_]+", top)


@pytest.mark.parametrize("name", ["__init__.py", "metadata.txt", "LICENSE", "icons/sargeo.svg"])
def test_what_must_be_there_is(archive: zipfile.ZipFile, name: str) -> None:
    assert f"sargeo_qgis/{name}" in archive.namelist()


def test_nothing_is_there_that_must_not_be(archive: zipfile.ZipFile) -> None:
    for name in archive.namelist():
        parts = name.split("/")
        assert ".." not in name and not name.startswith(("/", "\\"))
        assert ".pyc" not in name
        assert FORBIDDEN_FOLDERS.isdisjoint(parts)
        assert not any(part.startswith(".") for part in parts), "hidden"
        assert not name.lower().endswith(SUSPICIOUS_ENDS)


def test_all_is_text_and_nothing_can_be_executed(archive: zipfile.ZipFile) -> None:
    for member in archive.infolist():
        assert "\0" not in archive.read(member).decode("utf-8")
        assert (member.external_attr >> 16) & 0o111 == 0


def test_required_metadata_are_given(metadata: configparser.SectionProxy) -> None:
    assert [key for key in REQUIRED_METADATA if not metadata.get(key, "").strip()] == []
    assert re.fullmatch(r"[^/]+", metadata["author"])
    assert re.fullmatch(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", metadata["email"])
    assert "\n" not in metadata["description"]


def test_addresses_are_secure(metadata: configparser.SectionProxy) -> None:
    for key in ADDRESSES:
        address = urlparse(metadata[key])
        assert address.scheme == "https" and address.netloc


def test_the_icon_is_in_the_zip(
    archive: zipfile.ZipFile, metadata: configparser.SectionProxy
) -> None:
    assert b"<svg" in archive.read(f"sargeo_qgis/{metadata['icon']}")


def test_versions_of_qgis_are_in_order(metadata: configparser.SectionProxy) -> None:
    keys = ("qgisMinimumVersion", "qgisMaximumVersion")
    lowest, highest = (tuple(int(n) for n in metadata[key].split(".")) for key in keys)
    assert (lowest, highest) == ((3, 22), (4, 99))
    assert "supportsQt6" not in metadata, "deprecated: qgisMaximumVersion says it"


def test_flags_are_flags(metadata: configparser.SectionProxy) -> None:
    for key in ("experimental", "deprecated", "server"):
        assert metadata[key] in {"True", "False"}
    assert metadata["hasProcessingProvider"] == "yes"


def test_plugin_package_and_changelog_have_one_version(
    metadata: configparser.SectionProxy,
) -> None:
    assert metadata["version"] == VERSION
    assert metadata["changelog"].split()[0] == VERSION


def test_the_licence_is_named_and_carried(
    archive: zipfile.ZipFile, metadata: configparser.SectionProxy
) -> None:
    assert metadata["license"] == "GPL-2.0-or-later"
    assert b"GNU GENERAL PUBLIC LICENSE" in archive.read("sargeo_qgis/LICENSE")


# What the plugin needs


def younger_than_python_3_9(path: Path) -> Iterator[str]:
    try:
        ast.parse(text_of(path), feature_version=(3, 9))
    except SyntaxError as error:
        yield f"line {error.lineno}: {error.msg}"


def test_sources_are_python_3_9() -> None:
    assert list(offenders(younger_than_python_3_9, SOURCES)) == []


def strangers(path: Path) -> Iterator[str]:
    in_core = path.is_relative_to(package.PLUGIN / "core")
    known = sys.stdlib_module_names | (set() if in_core else {"qgis", "processing"})
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            imported = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            imported = [] if node.level else [node.module or ""]
        else:
            continue
        if found := {module.partition(".")[0] for module in imported} - known:
            yield f"line {node.lineno}: {', '.join(found)}"


def test_sources_import_the_standard_library_and_qgis_alone() -> None:
    assert list(offenders(strangers, SOURCES)) == []


# The packager


def test_the_same_files_make_the_same_zip(tmp_path: Path) -> None:
    first, second = (
        package.build(package.PLUGIN, package.CHANGELOG, tmp_path / name) for name in "ab"
    )
    assert first.read_bytes() == second.read_bytes()


def test_outside_of_git_all_files_are_packed(small_plugin: Path, tmp_path: Path) -> None:
    (small_plugin / "__pycache__").mkdir()
    (small_plugin / "__pycache__" / "a.cpython-39.pyc").write_bytes(b"\xff")
    built = package.build(small_plugin, changelog_in(tmp_path), tmp_path / "dist")
    assert zipfile.ZipFile(built).namelist() == ["small_plugin/metadata.txt"]


def test_in_git_only_tracked_files_are_packed(small_plugin: Path, tmp_path: Path) -> None:
    (small_plugin / "draft.py").write_text("", encoding="utf-8")
    for command in (["init", "--quiet"], ["add", "metadata.txt"]):
        subprocess.run(["git", "-C", small_plugin, *command], check=True)
    built = package.build(small_plugin, changelog_in(tmp_path), tmp_path / "dist")
    assert zipfile.ZipFile(built).namelist() == ["small_plugin/metadata.txt"]


def test_line_ends_are_those_of_unix(small_plugin: Path, tmp_path: Path) -> None:
    (small_plugin / "a.py").write_bytes(b"a\r\nb\r\n")
    built = package.build(small_plugin, changelog_in(tmp_path), tmp_path / "dist")
    assert zipfile.ZipFile(built).read("small_plugin/a.py") == b"a\nb\n"


def test_a_binary_file_is_refused(small_plugin: Path, tmp_path: Path) -> None:
    (small_plugin / "a.qm").write_bytes(b"\x3c\xb8\x64")
    with pytest.raises(SystemExit, match=r"a\.qm is not text"):
        package.build(small_plugin, changelog_in(tmp_path), tmp_path / "dist")


def test_the_changelog_reads_well_in_qgis(small_plugin: Path, tmp_path: Path) -> None:
    built = package.build(small_plugin, changelog_in(tmp_path), tmp_path / "dist")
    written = zipfile.ZipFile(built).read("small_plugin/metadata.txt").decode("utf-8")
    assert parsed(written)["changelog"] == "\n0.1.0 - 2026-11-28\n- One, 100 % new."
