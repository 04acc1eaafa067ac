"""Programs that are not QGIS trust whom QGIS trusts, by a file of the user's own."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from unittest.mock import MagicMock

import pytest
from sargeo_qgis.core.certificates import AUTHORITIES, write_authorities
from sargeo_qgis.core.errors import PluginError

PEM = b"-----BEGIN CERTIFICATE-----\n"


def test_authorities_are_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "profile ü" / "sargeo"
    path = write_authorities(PEM, folder)
    assert path.read_bytes() == PEM
    monkeypatch.setattr(Path, "replace", MagicMock(side_effect=PermissionError(13, "In use")))
    assert write_authorities(PEM, folder) == path
    with pytest.raises(PluginError, match=r"authorities\.pem: In use\.") as caught:
        write_authorities(PEM + PEM, folder)
    assert "other QGIS windows" in caught.value.remedy


def test_others_take_the_place_of_the_old(tmp_path: Path) -> None:
    write_authorities(PEM, tmp_path)
    assert write_authorities(PEM + PEM, tmp_path).read_bytes() == PEM + PEM
    assert [path.name for path in tmp_path.iterdir()] == [AUTHORITIES]


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module, with stand-ins for QGIS, in which the user has added an authority."""
    for name in ("qgis", "qgis.core", "qgis.PyQt", "qgis.PyQt.QtCore", "qgis.PyQt.QtNetwork"):
        monkeypatch.setitem(sys.modules, name, MagicMock())
    application = sys.modules["qgis.core"].QgsApplication
    application.qgisSettingsDirPath.return_value = f"{tmp_path}/"
    application.authManager().trustedCaCertsPemText.return_value = PEM
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    yield importlib.import_module("sargeo_qgis.network")
    del sys.modules["sargeo_qgis.network"]


def test_authorities_added_in_qgis_reach_others(network: ModuleType, tmp_path: Path) -> None:
    assert network._certificates() == tmp_path / "sargeo" / AUTHORITIES


def test_without_additions_the_system_knows_whom_to_trust(network: ModuleType) -> None:
    manager = network.QgsApplication.authManager()
    manager.databaseCAs.return_value = manager.extraFileCAs.return_value = []
    assert network._certificates() is None


@pytest.mark.parametrize(
    ("file", "counts"),
    [("C:\\QGIS\\bin\\curl-ca-bundle.crt", False), ("C:\\company.pem", True), ("", False)],
)
def test_a_file_that_the_user_names_counts_and_one_of_qgis_does_not(
    network: ModuleType, monkeypatch: pytest.MonkeyPatch, file: str, *, counts: bool
) -> None:
    monkeypatch.setattr(os, "environ", {"OSGEO4W_ROOT": "C:\\QGIS", "SSL_CERT_FILE": file})
    monkeypatch.setattr(sys, "platform", "win32")
    assert (network._certificates() is None) == counts
