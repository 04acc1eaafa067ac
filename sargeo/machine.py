"""What this process has used of the machine."""

from __future__ import annotations

import sys

import psutil


def peak_memory_bytes() -> int:
    """Largest resident memory of this process so far."""
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    import resource  # POSIX only

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else peak * 1024)  # Linux counts kibibytes
