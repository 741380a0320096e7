"""Describes the machine, and measures the peak memory of a process tree."""

import json
import os
import platform
import subprocess
import threading
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("pandas", "pyarrow", "SQLAlchemy", "tomli", "PyYAML", "msgspec")
_EVERY_SECONDS = 0.02
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def facts() -> dict[str, object]:
    """Return the processor, memory and versions that the figures depend on."""
    cpus = Path("/proc/cpuinfo").read_text("utf-8") if Path("/proc/cpuinfo").exists() else ""
    models = [line.partition(":")[2].strip() for line in cpus.splitlines() if "model name" in line]
    memory_bytes = os.sysconf("SC_PHYS_PAGES") * _PAGE_BYTES
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "processor": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "memory_gib": round(memory_bytes / 2**30),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
    }


def run_measured(command: list[object]) -> dict[str, float]:
    """Return the JSON that *command* prints, and the peak memory of its process tree."""
    # Arrow takes its memory from the system, as it does where the command line runs.
    environment = {"ARROW_DEFAULT_MEMORY_POOL": "system", **os.environ}
    with subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, env=environment
    ) as process:
        peak, done = [0], threading.Event()
        watch = threading.Thread(target=_watch, args=(process.pid, peak, done))
        watch.start()
        assert process.stdout is not None
        output = process.stdout.read()
        done.set()
        watch.join()
    if process.returncode:
        raise SystemExit(f"{command} failed")
    return json.loads(output) | {"peak_mb": peak[0] / 1e6}


def resident_mb(pid: int) -> dict[int, float]:
    """Return the resident memory of *pid* and of its descendants, each by its id."""
    return {each: _resident_bytes(each) / 1e6 for each in _process_tree(pid)}


def _watch(pid: int, peak: list[int], done: threading.Event) -> None:
    while not done.wait(_EVERY_SECONDS):
        peak[0] = max(peak[0], sum(map(_resident_bytes, _process_tree(pid))))


def _process_tree(pid: int) -> list[int]:
    """Return *pid* and its descendants; nothing where /proc has no children of it."""
    try:
        # A process that a thread started is listed with the thread.
        lists = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
        children = " ".join(lists).split()
    except OSError:
        return []
    return [pid, *(pid for child in children for pid in _process_tree(int(child)))]


def _resident_bytes(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES
    except (OSError, IndexError):
        return 0
