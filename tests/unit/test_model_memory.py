"""What the C library is told, and where it is told nothing."""

from __future__ import annotations

import ctypes
import platform
import subprocess
import sys
from collections.abc import Callable

import pytest

from sargeo.model.memory import keep_freed_memory


class Library:
    """A C library that notes what mallopt is called with."""

    def __init__(self, answer: int) -> None:
        self.calls: list[tuple[int, int]] = []
        self.answer = answer

    def mallopt(self, name: int, value: int) -> int:
        self.calls.append((name, value))
        return self.answer


@pytest.fixture
def glibc(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Library]:
    def pretend(answer: int) -> Library:
        library = Library(answer)
        monkeypatch.setattr(sys, "platform", "linux")
        monkeypatch.setattr(platform, "libc_ver", lambda: ("glibc", "2.36"))
        monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
        return library

    return pretend


def test_glibc_is_told_to_keep_memory(glibc: Callable[[int], Library]) -> None:
    library = glibc(1)
    assert keep_freed_memory() is None
    assert library.calls == [(-4, 0), (-1, 1 << 30), (-2, 1 << 28)]


def test_a_refusal_is_told(glibc: Callable[[int], Library]) -> None:
    glibc(0)
    assert keep_freed_memory() == "glibc 2.36 refused mallopt(-4, -1, -2)"


@pytest.mark.parametrize(
    ("system", "name"), [("win32", "Windows"), ("darwin", "Darwin"), ("freebsd14", "FreeBSD")]
)
def test_other_systems_are_left_alone(
    monkeypatch: pytest.MonkeyPatch, system: str, name: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "system", lambda: name)
    assert keep_freed_memory() == f"{name} has no mallopt"


@pytest.mark.parametrize("library", [("musl", "1.2.4"), ("", "")])
def test_other_c_libraries_are_left_alone(
    monkeypatch: pytest.MonkeyPatch, library: tuple[str, str]
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "libc_ver", lambda: library)
    assert keep_freed_memory() == "the C library is not glibc"


@pytest.mark.skipif(
    sys.platform != "linux" or platform.libc_ver()[0] != "glibc", reason="glibc on Linux only"
)
def test_memory_that_is_freed_comes_back_without_page_faults() -> None:
    code = """
import resource
from sargeo.model.memory import keep_freed_memory
assert keep_freed_memory() is None
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
bytearray(b"x") * (1 << 26)
before = faults()
for _ in range(4):
    bytearray(b"x") * (1 << 26)
print(faults() - before)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert int(done.stdout) < (1 << 26) // 4096  # without: four times that
