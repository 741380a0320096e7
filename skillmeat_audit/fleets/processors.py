"""How many processors this process may use."""

import os


def processors() -> int:
    """Return the number of processors that this process may use: a container may have few."""
    # sched_getaffinity: Linux.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
