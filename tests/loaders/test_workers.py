import os
import subprocess
import time
from pathlib import Path

import pytest

from skillmeat_audit.loaders import workers
from skillmeat_audit.loaders.workers import ParseTask, parse_all, parse_in_process

pytestmark = pytest.mark.slow


@pytest.fixture
def tasks(tmp_path):
    """Files of every sort: sound, broken, not UTF-8, missing, fenced or not, of a strange name."""
    contents = {
        "plain.md": b"---\nname: a\ntags: [x, y]\nversion: 1.10\n---\n\nText.\n",
        "odd \n\xe9.md": b"---\nname: \xc3\xa9\n---\n",
        "broken.md": b"---\nname: [\ndescription: Saved.\n---\n",
        "latin.md": b"---\nname: \xe9\n---\n",
        "surrogate.md": b'---\nname: "\\ud800"\n---\n',
        "bare.md": b"No fence here.\n",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    files = map(os.fsencode, [*sorted(tmp_path.iterdir()), tmp_path / "none.md", tmp_path])
    return [ParseTask(file, must_fence) for file in files for must_fence in (False, True)]


@pytest.fixture
def children(monkeypatch):
    """Read in three processes, however few files there are; return the processes."""
    started = []
    real = workers.Popen

    def popen(*arguments, **named):
        started.append(real(*arguments, **named))
        return started[-1]

    monkeypatch.setattr(workers, "FILES_PER_WORKER", 1)
    monkeypatch.setattr(workers, "HEAD_START_FILES", 0)
    monkeypatch.setattr(workers, "_cpu_count", lambda: 3)
    monkeypatch.setattr(workers, "Popen", popen)
    return started


def test_workers_return_the_same_results_in_the_same_order_as_one_process(tasks, children):
    alone = parse_in_process(tasks)

    assert parse_all(tasks) == alone
    assert [child.returncode for child in children] == [0, 0]


def test_few_files_are_read_by_one_process(tasks, monkeypatch):
    monkeypatch.setattr(workers, "Popen", None)

    assert parse_all(tasks) == parse_in_process(tasks)


def test_no_tasks_give_no_results():
    assert parse_all([]) == []


@pytest.mark.parametrize(
    "code",
    ["raise SystemExit(3)", "print('no answer')", "import os; os.kill(os.getpid(), 9)", "1 +"],
)
def test_the_parent_reads_what_a_worker_fails_to_read(tasks, children, monkeypatch, code):
    monkeypatch.setattr(workers, "_START", code)

    assert parse_all(tasks) == parse_in_process(tasks)


@pytest.mark.parametrize("what", ["Popen", "TemporaryFile"])
def test_the_parent_reads_all_files_if_no_worker_can_be_started(tasks, children, monkeypatch, what):
    def refuse(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(workers, what, refuse)

    assert parse_all(tasks) == parse_in_process(tasks)


def test_workers_end_when_the_parent_is_interrupted(tasks, children, monkeypatch):
    monkeypatch.setattr(workers, "_START", "import time; time.sleep(60)")

    def interrupted(each):
        raise KeyboardInterrupt

    before = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        parse_all(tasks, interrupted)

    assert [child.poll() for child in children] == [-9, -9]
    assert time.monotonic() - before < 30


def test_a_script_without_a_main_guard_is_not_run_again(tmp_path, tasks):
    script = tmp_path / "script.py"
    script.write_text(
        "print('once')\n"
        "from skillmeat_audit.loaders import workers\n"
        "workers.FILES_PER_WORKER, workers._cpu_count = 1, lambda: 2\n"
        f"tasks = {[tuple(task) for task in tasks]!r}\n"
        "print(len(workers.parse_all([workers.ParseTask(*task) for task in tasks])))\n"
    )
    command = [workers.sys.executable, script]
    result = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert result == f"once\n{len(tasks)}\n"


def test_a_worker_ends_when_its_parent_is_killed(tmp_path):
    (tmp_path / "a.md").write_text("---\nname: a\n---\n")
    parent = tmp_path / "parent.py"
    parent.write_text(
        "import os\n"
        "from skillmeat_audit.loaders import workers\n"
        f"tasks = [workers.ParseTask({os.fsencode(tmp_path / 'a.md')!r}, False)] * 1_000_000\n"
        "with workers._start_worker(tasks):\n"
        "    print(os.popen(f'pgrep -P {os.getpid()} -f run_worker').read(), flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    command = [workers.sys.executable, parent]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    child = int(result.stdout.split()[0])
    until = time.monotonic() + 20
    while time.monotonic() < until and is_running(child):
        time.sleep(0.1)

    assert result.returncode == -9
    assert not is_running(child)


def is_running(pid):
    try:
        return "Z" not in (Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0])
    except OSError:
        return False
