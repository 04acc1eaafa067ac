"""Build the zip that QGIS installs: ``python qgis_plugin/tools/package.py``.

It holds the files that git knows, so that nothing that merely lies about is shipped (or all files,
where the source is no git checkout), and is the same to the byte whenever the files are the same.
"""

from __future__ import annotations

import configparser
import re
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = ROOT / "qgis_plugin" / "sargeo_qgis"
CHANGELOG = ROOT / "CHANGELOG.md"

#: The earliest time that a zip can hold.
TIMESTAMP = (1980, 1, 1, 0, 0, 0)
READABLE_FILE = 0o100644


def build(plugin: Path, changelog: Path, folder: Path) -> Path:
    """Write ``sargeo_qgis-VERSION.zip``.

    Parameters
    ----------
    plugin : Path
        The folder of the plugin; its name is that of the zip's one top folder.
    changelog : Path
        In the manner of Keep a Changelog.
    folder : Path
        Where to write; made if missing.

    Returns
    -------
    Path
        The zip.
    """
    contents = {path.relative_to(plugin).as_posix(): text_of(path) for path in files_of(plugin)}
    contents["metadata.txt"] += changelog_entry(text_of(changelog))
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{plugin.name}-{version_in(contents['metadata.txt'])}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(contents):
            member = zipfile.ZipInfo(f"{plugin.name}/{name}", TIMESTAMP)
            member.create_system = 3  # Unix, on Windows too: the permissions are read
            member.external_attr = READABLE_FILE << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, contents[name].encode("utf-8"))
    return target


def files_of(plugin: Path) -> list[Path]:
    """Return the files to ship, as git knows them or else as they lie in the folder."""
    tracked = files_in_git(plugin)
    found = plugin.rglob("*") if tracked is None else tracked
    return [path for path in found if path.is_file() and "__pycache__" not in path.parts]


def files_in_git(plugin: Path) -> list[Path] | None:
    """Return the files that git tracks, or None where this is no git checkout."""
    command = ["git", "-C", str(plugin), "ls-files", "-z"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True).stdout.decode("utf-8")
    except (FileNotFoundError, subprocess.CalledProcessError):
        return None
    return [plugin / name for name in listed.split("\0") if name] or None


def text_of(path: Path) -> str:
    """Return a file's text with the line ends of Unix; a binary file is refused."""
    try:
        return path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        sys.exit(f"{path} is not text, and the plugin ships only text.")


def changelog_entry(changelog: str) -> str:
    """Return the changelog as an entry of metadata.txt.

    Parameters
    ----------
    changelog : str
        Markdown; what stands before the newest version, and so what is not in it, is left out.
    """
    versions = changelog[re.search(r"\n## \[\d", changelog).start() :]
    unwrapped = re.sub(r"\n  (?=\S)", " ", versions)
    plain = unwrapped.replace("`", "").replace("%", "%%")  # configparser interpolates
    lines = (re.sub(r"^#+ (?:\[(.+)\])?", r"\1", line) for line in plain.splitlines())
    return "\nchangelog=" + "".join(f"\n    {line}" for line in lines if line) + "\n"


def version_in(metadata: str) -> str:
    """Return the plugin's version."""
    parser = configparser.ConfigParser()
    parser.read_string(metadata)
    return parser["general"]["version"]


if __name__ == "__main__":
    sys.stdout.write(f"{build(PLUGIN, CHANGELOG, ROOT / 'dist')}\n")
