"""A running SkillMeat over a copy of a home, on this machine only; it ends with its standard input.

As a program, ``live_server.py HOME PORT_FILE``: it serves the home below ``HOME``, writes its port,
and ends when its standard input closes, so that it never outlives who started it.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

SECONDS_TO_START = 60


@contextlib.contextmanager
def running_server(home: Path):
    """Serve *home* (a folder with ``.skillmeat``) in a process of its own; yield the address."""
    port_file = home / "port"
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "TMPDIR": str(home)}
    with open(home / "server.log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, __file__, str(port_file)],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=environment,
            cwd=home,
        )
    try:
        yield f"http://127.0.0.1:{_port(process, port_file)}"
    finally:
        process.stdin.close()
        process.wait(SECONDS_TO_START)


def _port(process, port_file: Path) -> int:
    end = time.monotonic() + SECONDS_TO_START
    while not port_file.exists():
        log = (port_file.parent / "server.log").read_text()
        assert process.poll() is None and time.monotonic() < end, log[-2000:]
        time.sleep(0.1)
    return int(port_file.read_text())


def serve(port_file: Path) -> None:
    """Serve the home of ``HOME`` until standard input closes."""
    import uvicorn
    from skillmeat.api.server import create_app

    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(), log_level="warning"))

    def end_with_input() -> None:
        sys.stdin.buffer.read()
        server.should_exit = True
        time.sleep(10)  # for requests that hang
        os.kill(os.getpid(), signal.SIGKILL)

    def report_port() -> None:
        while not server.started:
            time.sleep(0.05)
        draft = port_file.with_suffix(".draft")
        draft.write_text(str(listener.getsockname()[1]))
        draft.rename(port_file)

    for task in (end_with_input, report_port):
        threading.Thread(target=task, daemon=True).start()
    server.run(sockets=[listener])


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
