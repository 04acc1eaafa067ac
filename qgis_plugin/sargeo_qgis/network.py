"""The proxy and the certificates of QGIS, for programs that are not QGIS."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from qgis.core import QgsApplication, QgsNetworkAccessManager
from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtNetwork import QNetworkProxy, QNetworkProxyFactory, QNetworkProxyQuery

from .core.certificates import write_authorities
from .core.child_environment import Network, child_environment

_SCHEMES = {
    QNetworkProxy.ProxyType.HttpProxy: "http",
    QNetworkProxy.ProxyType.HttpCachingProxy: "http",
    QNetworkProxy.ProxyType.Socks5Proxy: "socks5h",
}


def network_of_qgis(address: str = "https://pypi.org") -> Network:
    """Return how QGIS would reach an address.

    Parameters
    ----------
    address : str
        What is to be reached: proxies may be set by address.

    Raises
    ------
    PluginError
        If the certificates of QGIS cannot be written for others.
    """
    manager = QgsNetworkAccessManager.instance()
    proxy = manager.fallbackProxy()
    if proxy.type() == QNetworkProxy.ProxyType.DefaultProxy:
        query = QNetworkProxyQuery(QUrl(address))
        proxy = QNetworkProxyFactory.systemProxyForQuery(query)[0]
    exceptions = (*manager.excludeList(), *manager.noProxyList())
    return Network(_proxy_address(proxy), tuple(exceptions), _certificates())


def _proxy_address(proxy: QNetworkProxy) -> str:
    if proxy.type() not in _SCHEMES or not proxy.hostName():
        return ""
    url = QUrl()
    url.setScheme(_SCHEMES[proxy.type()])
    url.setHost(proxy.hostName())
    url.setPort(proxy.port())
    url.setUserName(proxy.user())
    url.setPassword(proxy.password())
    return str(url.toString(QUrl.ComponentFormattingOption.FullyEncoded))


def _certificates() -> Path | None:
    """Write the authorities that QGIS trusts, where the user has added to those of the system."""
    manager = QgsApplication.authManager()
    added = manager.databaseCAs() or manager.extraFileCAs()
    # A file that the user names counts; QGIS on Windows names its own, for itself.
    named = child_environment(os.environ, platform=sys.platform).get("SSL_CERT_FILE")
    if not added or named:
        return None
    profile = Path(QgsApplication.qgisSettingsDirPath())
    return write_authorities(bytes(manager.trustedCaCertsPemText()), profile / "sargeo")
