"""Products appear all at once, or not at all."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest

from sargeo.errors import DiskFullError, OutputNotWritableError, ProductsExistError
from sargeo.products.files import _too_long
from sargeo.products.names import EmbeddingPaths, ProductPaths, ScenePaths, TextPaths
from sargeo.products.workspace import Workspace, writing_to


def finish(workspace: Workspace, *endings: str, text: str = "new") -> None:
    for ending in endings:
        (workspace.folder / f"bay{ending}").write_text(text, encoding="utf-8")


def test_products_appear_when_published(tmp_path: Path) -> None:
    with Workspace(tmp_path, "bay", ProductPaths) as workspace:
        finish(workspace, "_landcover.tif", "_count.tif")
        assert not workspace.final.existing()
        published = workspace.publish()
    assert {p.name for p in published} == {"bay_landcover.tif", "bay_count.tif"}
    assert {p.name for p in tmp_path.iterdir()} == {"bay_landcover.tif", "bay_count.tif"}


def test_products_of_another_scene_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "bay2_landcover.tif").write_text("other", encoding="utf-8")
    with Workspace(tmp_path, "bay", ProductPaths, overwrite=True) as workspace:
        finish(workspace, "_landcover.tif")
        workspace.publish()
    assert (tmp_path / "bay2_landcover.tif").read_text(encoding="utf-8") == "other"


def test_where_one_product_cannot_go_all_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for ending in ("_landcover.tif", "_count.tif", "_objects.gpkg"):
        (tmp_path / f"bay{ending}").write_text("old", encoding="utf-8")
    rename = Path.replace

    def held_open(self: Path, target: Path) -> Path:
        if self == tmp_path / "bay_objects.gpkg":
            raise PermissionError(13, "The process cannot access the file")
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", held_open)
    with (
        pytest.raises(OutputNotWritableError, match="cannot be written"),
        Workspace(tmp_path, "bay", ProductPaths, overwrite=True) as workspace,
    ):
        finish(workspace, "_landcover.tif", "_count.tif", "_objects.gpkg")
        workspace.publish()
    texts = {p.read_text(encoding="utf-8") for p in tmp_path.iterdir() if p.is_file()}
    assert texts == {"old"}
    assert len(list(tmp_path.glob("bay*"))) == 3


def test_where_one_product_cannot_come_all_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bay_landcover.tif").write_text("old", encoding="utf-8")
    rename = Path.replace

    def full(self: Path, target: Path) -> Path:
        if target == tmp_path / "bay_objects.gpkg":
            raise OSError(errno.ENOSPC, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", full)
    with (
        pytest.raises(DiskFullError) as failed,
        Workspace(tmp_path, "bay", ProductPaths, overwrite=True) as workspace,
    ):
        finish(workspace, "_landcover.tif", "_count.tif", "_objects.gpkg")
        workspace.publish()
    assert [p.name for p in tmp_path.glob("bay*")] == ["bay_landcover.tif"]
    assert (tmp_path / "bay_landcover.tif").read_text(encoding="utf-8") == "old"
    assert "Finished products stay in" in failed.value.__notes__[0]


def test_a_folder_that_cannot_go_hides_no_product(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held_open(_folder: Path) -> None:
        raise PermissionError(13, "The process cannot access the file")

    with (
        pytest.raises(OutputNotWritableError, match="All products are in") as failed,
        Workspace(tmp_path, "bay", ProductPaths) as workspace,
    ):
        finish(workspace, "_landcover.tif")
        monkeypatch.setattr(shutil, "rmtree", held_open)
        workspace.publish()
    assert str(workspace.folder) in failed.value.problem
    assert (tmp_path / "bay_landcover.tif").read_text(encoding="utf-8") == "new"


def test_a_file_in_the_folders_place(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("", encoding="utf-8")
    with pytest.raises(OutputNotWritableError), Workspace(tmp_path / "out", "bay", ProductPaths):
        pass


def test_an_unfinished_run_is_refused_until_overwritten(tmp_path: Path) -> None:
    (tmp_path / ".bay.sargeo").mkdir()
    with pytest.raises(ProductsExistError), Workspace(tmp_path, "bay", ProductPaths):
        pass
    with Workspace(tmp_path, "bay", ProductPaths, overwrite=True) as workspace:
        assert workspace.folder.is_dir()


def test_the_systems_error_number_tells_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(DiskFullError), writing_to(tmp_path):
        raise OSError(28, "No space left on device")


class WindowsStyleError(OSError):
    """What Windows raises for a path that is too long."""

    def __init__(self, number: int, path: str, winerror: int | None = None) -> None:
        super().__init__(number, "No such file or directory", path)
        if winerror is not None:
            self.winerror = winerror


@pytest.mark.parametrize(
    ("error", "platform", "too_long"),
    [
        (OSError(errno.ENAMETOOLONG, "File name too long", "x"), "linux", True),
        (WindowsStyleError(errno.ENOENT, "C:\\" + "x" * 260), "win32", True),
        (WindowsStyleError(errno.ENOENT, "x", winerror=206), "win32", True),
        (WindowsStyleError(errno.ENOENT, "C:\\x"), "win32", False),
        (WindowsStyleError(errno.ENOENT, "/" + "x" * 260), "linux", False),
        (PermissionError(errno.EACCES, "Permission denied", "x" * 300), "win32", False),
    ],
)
def test_too_long_a_path_is_told_by_every_system(
    error: OSError, platform: str, too_long: bool
) -> None:
    assert _too_long(error, platform) is too_long


@pytest.mark.parametrize("kind", [ProductPaths, EmbeddingPaths, TextPaths])
def test_the_longest_name_is_tried_first(
    kind: type[ScenePaths], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sargeo.products.workspace._SQLITE_PATH", 4096)  # the name alone is asked
    longest = len(kind(tmp_path, "").longest_name.name)
    with Workspace(tmp_path, "x" * (255 - longest), kind) as workspace:
        workspace.publish()
    with (
        pytest.raises(OutputNotWritableError, match="longer than this system allows"),
        Workspace(tmp_path, "x" * (256 - longest), kind),
    ):
        pass
    assert list(tmp_path.iterdir()) == []
