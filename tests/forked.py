"""Processes that are forked from one that has imported the libraries, which takes the most time.

A process of its own start is needed only where the start itself is tested: encodings, closed
streams, memory limits, signals during an import. Our package is imported after the fork, behind the
code that a test wants to run first: it may replace names that our modules import from each other.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent

SERVER = """
import json, os, socket, sys
import click, jinja2, msgspec, pandas, pyarrow.compute, rich.console, sqlalchemy.orm, yaml
channel = socket.socket(fileno=int(sys.argv[1]))
while True:
    try:
        request, streams, *_ = socket.recv_fds(channel, 1 << 20, 2)
    except ConnectionResetError:
        break
    if not request:
        break
    pid = os.fork()
    if not pid:
        channel.close()
        # Bytes, as the kernel hands them over: they become text in the encoding of the locale.
        code, *rest = json.loads(request)
        parts = [[text.encode("latin-1") for text in part] for part in rest]
        arguments, environment, (folder,) = parts
        sys.argv = [os.fsdecode(argument) for argument in arguments]
        for number, stream in enumerate(streams, 1):
            os.dup2(stream, number)
            os.close(stream)
        os.environb.clear()
        os.environb.update(variable.split(b"=", 1) for variable in environment)
        os.chdir(folder)
        exec(code)
        from skillmeat_audit.ui.cli.main import entry
        entry()
    for stream in streams:
        os.close(stream)
    channel.send(b"%d" % pid)
    channel.send(b"%d" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@dataclass(frozen=True)
class Ended:
    """How a forked process ended, and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


class ForkServer:
    """Runs command lines of the tool, each in a process that is forked for it."""

    def __init__(self, environment=None):
        self.environment = environment
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SERVER, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                cwd=PROJECT,
                env=environment,
                # Pipes cannot be sought in: Python would try where the streams began as files.
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )

    def close(self):
        self.channel.close()
        self.process.communicate()

    def start(self, *arguments, stdout, stderr, code="", environment=None):
        """Start a process that writes to these descriptors; return its process id.

        It runs *code* first, in the current folder, with the current environment or another.
        """
        argv = ["skillmeat-audit", *map(str, arguments)]
        variables = [f"{name}={value}" for name, value in (environment or os.environ).items()]
        parts = [[raw(text) for text in part] for part in (argv, variables, [os.getcwd()])]
        socket.send_fds(self.channel, [json.dumps([code, *parts]).encode()], [stdout, stderr])
        return int(self.channel.recv(100))

    def wait(self):
        """Wait for the process that was started last; return its exit code."""
        return int(self.channel.recv(100))

    def run(self, *arguments, stdout=None, stderr=None, **options):
        """Run a process to its end; return what it wrote, but for what went to descriptors."""
        with text_file() as out, text_file() as err:
            written = {
                "stdout": out.fileno() if stdout is None else stdout,
                "stderr": err.fileno() if stderr is None else stderr,
            }
            self.start(*arguments, **written, **options)
            returncode = self.wait()
            for file in (out, err):
                file.seek(0)
            return Ended(returncode, out.read(), err.read())


def raw(text):
    """Return the bytes of *text* in the file system's encoding, as JSON can hold them."""
    return os.fsencode(text).decode("latin-1")


def text_file():
    return tempfile.TemporaryFile("w+", encoding="utf-8", errors="surrogateescape")


@pytest.fixture(scope="session")
def fork_server():
    """One server for the session."""
    server = ForkServer()
    yield server
    server.close()
