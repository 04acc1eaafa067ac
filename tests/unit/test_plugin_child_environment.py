"""QGIS's variables do not leak into a child; the user's stay."""

from __future__ import annotations

from pathlib import Path

import pytest
from sargeo_qgis.core.child_environment import Network, child_environment

LEAKS = {
    "PYTHONHOME": "/usr",
    "PYTHONPATH": "/usr/share/qgis/python",
    "GDAL_DATA": "/usr/share/gdal",
    "GDAL_DRIVER_PATH": "/x",
    "PROJ_LIB": "/usr/share/proj",
    "PROJ_DATA": "/usr/share/proj",
    "QT_PLUGIN_PATH": "/x",
    "QT_QPA_PLATFORM": "offscreen",
    "QGIS_PREFIX_PATH": "/opt/qgis/apps/qgis",
    "LD_LIBRARY_PATH": "/tmp/.mount_QGIS/usr/lib",
    "DYLD_LIBRARY_PATH": "/Applications/QGIS.app/Contents/MacOS/lib",
    "VIRTUAL_ENV": "/home/a/venv",
    "__PYVENV_LAUNCHER__": "/x",
}
KEPT = {
    "HOME": "/home/ä b",
    "PATH": "/usr/bin:/bin",
    "HTTPS_PROXY": "http://proxy:3128",
    "PIP_INDEX_URL": "https://mirror.example/simple",
    "UV_CACHE_DIR": "/cache",
    "CUDA_VISIBLE_DEVICES": "0",
    "SSL_CERT_FILE": "/etc/ca.pem",
}
OWN = {f"PYTHON{name}": "1" for name in ("UTF8", "NOUSERSITE", "UNBUFFERED", "SAFEPATH")}


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_only_the_users_variables_reach_the_child(platform: str) -> None:
    assert child_environment({**LEAKS, **KEPT}, platform=platform) == {**KEPT, **OWN}


def test_names_are_compared_as_windows_does() -> None:
    parent = {"PythonHome": "C:/QGIS/apps/Python312", "Gdal_Data": "C:/x"}
    assert child_environment(parent, platform="win32") == OWN


def test_folders_of_qgis_leave_the_path_on_windows() -> None:
    parent = {
        "OSGEO4W_ROOT": "C:\\Program Files\\QGIS 3.40",
        "Path": "C:\\PROGRAM FILES\\QGIS 3.40\\bin;C:\\Windows;"
        "C:/Program Files/QGIS 3.40/apps/qgis/bin;C:\\Program Files\\QGIS 3.401\\bin",
    }
    child = child_environment(parent, platform="win32")
    assert child["Path"] == "C:\\Windows;C:\\Program Files\\QGIS 3.401\\bin"


def test_the_prefix_alone_tells_where_qgis_lies_on_windows() -> None:
    parent = {
        "QGIS_PREFIX_PATH": "C:/OSGeo4W/apps/qgis-ltr",
        "PATH": "C:\\OSGeo4W\\apps\\Qt5\\bin;C:\\Windows",
    }
    assert child_environment(parent, platform="win32")["PATH"] == "C:\\Windows"


@pytest.mark.parametrize("prefix", ["C:/QGIS", "C:/apps/qgis", "qgis"])
def test_a_whole_drive_is_no_installation(prefix: str) -> None:
    parent = {"QGIS_PREFIX_PATH": prefix, "PATH": "C:\\Windows;D:\\x", "TEMP": "C:\\Temp"}
    child = child_environment(parent, platform="win32")
    assert child == {"PATH": "C:\\Windows;D:\\x", "TEMP": "C:\\Temp", **OWN}


def test_what_qgis_tells_its_own_openssl_on_windows_stays_there() -> None:
    root = "C:\\PROGRA~1\\QGIS34~1.0"
    bundled = {  # etc/ini/openssl.bat
        "OSGEO4W_ROOT": root,
        "OPENSSL_ENGINES": f"{root}\\lib\\engines-3",
        "SSL_CERT_FILE": f"{root}\\bin\\curl-ca-bundle.crt",
        "SSL_CERT_DIR": f"{root}\\apps\\openssl\\certs",
    }
    assert child_environment(bundled, platform="win32") == OWN
    users = {"SSL_CERT_FILE": "C:\\Users\\ä b\\company.pem"}
    assert child_environment({**bundled, **users}, platform="win32") == {**users, **OWN}


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_elsewhere_nothing_is_told_by_its_folder(platform: str) -> None:
    users = {"SSL_CERT_FILE": "/usr/share/ca.pem"}
    parent = {"QGIS_PREFIX_PATH": "/usr/share/qgis", **users}
    assert child_environment(parent, platform=platform) == {**users, **OWN}


def test_proxy_and_certificates_of_qgis_reach_pip_and_uv() -> None:
    network = Network("http://proxy:8080", ("localhost", ".intern"), Path("ca.pem"))
    child = child_environment({"HTTPS_PROXY": "http://old"}, platform="linux", network=network)
    assert child["HTTPS_PROXY"] == child["HTTP_PROXY"] == "http://proxy:8080"
    assert child["NO_PROXY"] == "localhost,.intern"
    assert child["SSL_CERT_FILE"] == child["REQUESTS_CA_BUNDLE"] == "ca.pem"
