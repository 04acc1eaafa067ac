"""Photograph the plugin in a real QGIS window on a virtual screen.

make plugin && python docs/qgis_pictures.py docs/images

Needs QGIS and Xvfb. The scene is the embedded one, which sargeo's own code generated.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCENE = ROOT / "sargeo" / "demo" / "demo_scene.tif"
SCREEN = "-screen 0 1500x1000x24"
TIMEOUT_S = 300


def photograph(folder: Path, python: str, plugin: Path) -> list[Path]:
    """Save pictures of the window into a folder and return them.

    Raises
    ------
    RuntimeError
        If QGIS did not get to the end.
    """
    with tempfile.TemporaryDirectory() as temporary:
        profile = Path(temporary) / "profiles" / "default"
        scene = Path(temporary) / SCENE.name
        pictures = Path(temporary) / "pictures"
        pictures.mkdir()
        shutil.copy(SCENE, scene)
        install(plugin, profile)
        command = ["xvfb-run", "-a", "-s", SCREEN, "qgis", "--nologo", "--noversioncheck"]
        command += ["--profiles-path", temporary, "--code", str(ROOT / "docs" / "qgis_window.py")]
        variables = {
            **os.environ,
            "SARGEO_PYTHON": python,
            "SARGEO_PICTURES": str(pictures),
            "SARGEO_SCENE": str(scene),
            "XDG_RUNTIME_DIR": temporary,
        }
        variables.pop("QT_QPA_PLATFORM", None)
        variables.pop("QGIS_CUSTOM_CONFIG_PATH", None)
        done = subprocess.run(
            command, env=variables, timeout=TIMEOUT_S, capture_output=True, text=True, check=False
        )
        error = pictures / "error.txt"
        if done.returncode != 0:
            reason = error.read_text(encoding="utf-8") if error.exists() else done.stderr
            raise RuntimeError(reason)
        folder.mkdir(parents=True, exist_ok=True)
        return [
            Path(shutil.copy(picture, folder / f"qgis-{picture.name}"))
            for picture in sorted(pictures.glob("*.png"))
        ]


def install(plugin: Path, profile: Path) -> None:
    """Unpack the plugin into a profile and enable it, as the plugin manager does."""
    with zipfile.ZipFile(plugin) as archive:
        archive.extractall(profile / "python" / "plugins")
    settings = profile / "QGIS" / "QGIS3.ini"
    settings.parent.mkdir(parents=True)
    settings.write_text("[PythonPlugins]\nsargeo_qgis=true\n", encoding="utf-8")


def main() -> None:
    """Parse the command line and photograph."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", default=sys.executable, help="the one that holds sargeo")
    chosen = parser.parse_args()
    plugin = max((ROOT / "dist").glob("sargeo_qgis-*.zip"))
    for picture in photograph(chosen.folder, chosen.python, plugin):
        print(picture)


if __name__ == "__main__":
    main()
