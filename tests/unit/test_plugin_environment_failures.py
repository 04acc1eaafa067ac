"""What installers print when they fail, in sentences.

The words are those of uv 0.13 and pip 23, printed on Linux; those of Windows are its own.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from sargeo_qgis.core.environment.failures import explain

UV_FETCH = "error: Request failed after 3 retries in 8.3s\n  cause: client error (Connect)\n"
PIP_NONE = "\nERROR: No matching distribution found for uv"


@pytest.mark.parametrize(
    ("printed", "problem"),
    [
        (UV_FETCH + "  cause: dns error", "The package index cannot be reached."),
        (UV_FETCH + "  cause: operation timed out", "The package index cannot be reached."),
        (
            UV_FETCH + "  cause: No such host is known. (os error 11001)",
            "The package index cannot be reached.",
        ),
        (
            "WARNING: NewConnectionError(': Failed to establish a new connection: [Errno -3]"
            " Temporary failure in name resolution')" + PIP_NONE,
            "The package index cannot be reached.",
        ),
        (
            UV_FETCH + "  cause: tunnel error: proxy authorization required",
            "The proxy asks for a user name and a password.",
        ),
        (
            "WARNING: ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed:"
            " 407 Proxy Authentication Required'))" + PIP_NONE,
            "The proxy asks for a user name and a password.",
        ),
        (
            UV_FETCH + "  cause: tunnel error: failed to create underlying connection\n"
            "  cause: Connection refused (os error 111)",
            "The proxy cannot be reached.",
        ),
        (
            "WARNING: ProxyError('Cannot connect to proxy.', NewConnectionError())" + PIP_NONE,
            "The proxy cannot be reached.",
        ),
        (UV_FETCH + "  cause: invalid peer certificate: UnknownIssuer", "The certificate of"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]", "The cert"),
        ("  cause: failed to write: No space left on device (os error 28)", "The disk is full."),
        ("There is not enough space on the disk. (os error 112)", "The disk is full."),
        ("error: Failed to download `six`\n  cause: Hash mismatch for `six`", "A file is not"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE", "A file is not what it"),
        (
            "  cause: HTTP status client error (403 Forbidden) for url (https://host/simple/)",
            "The package index refuses access.",
        ),
        (
            "error: No solution found when resolving dependencies\n  cause: Because torch==1.4.0"
            " has no wheels with a matching Python ABI tag (e.g., `cp311`)",
            "The package index has no set of versions",
        ),
        ("not created successfully because ensurepip is not available.", "This Python cannot"),
        ("  cause: Access is denied. (os error 5)", "A file cannot be written"),
        ("PermissionError: [WinError 32] The process cannot access the file", "A file cannot"),
        ("Error: [Errno 30] Read-only file system: '/ro/v'", "A file cannot be written"),
        (
            "error: Something new.\n\nhint: Use the flag",
            "The installation failed: error: Something new.",
        ),
        ("Killed\n", "The installation failed: Killed."),
        ("", "The installation failed: no message."),
    ],
)
def test_explained(printed: str, problem: str) -> None:
    error = explain(printed.splitlines(), Path("install.log"))
    assert error.problem.startswith(problem)
    assert error.remedy
    if problem.startswith("The installation failed"):
        assert "install.log" in error.remedy
