"""What the shell completes: rules, artifacts, collections, code paths, runs and plans.

Nothing heavy is loaded, and what cannot be looked up is not completed: a shell that waits for a
key is no place for a message.
"""

import contextlib
import os
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path

from click import Context, Parameter
from click.shell_completion import CompletionItem, split_arg_string

from skillmeat_audit.base.errors import AuditError

# ("D001", "description", …): """Description missing …   and   @check("K001", …) def …: """Entry …
_RULE = re.compile(
    r'^(?:    |@check)\("([A-Z]\d{3})",.*?"""\s*(.*?)\.?\n', re.DOTALL | re.MULTILINE
)
# "import-bare": WriterPath("batch import …"
_WRITER = re.compile(r'^    (?:"([a-z-]+)"|REPAIR): WriterPath\(\s*"(.*?)"', re.MULTILINE)


@cache
def rule_titles() -> dict[str, str]:
    """Return the titles of the rules by code, read from their source: importing it loads pandas."""
    texts = [
        path.read_text("utf-8")
        for path in files("skillmeat_audit.diff").joinpath("rules").iterdir()
        if path.name.endswith(".py")
    ]
    pairs = sorted(pair for text in texts for pair in _RULE.findall(text))
    return {code: title.replace("``", "") for code, title in pairs}


def writer_titles() -> dict[str, str]:
    """Return the titles of the code paths by name, read from their source."""
    path = files("skillmeat_audit.diff").joinpath("provenance", "paths.py")
    pairs = _WRITER.findall(path.read_text("utf-8"))
    return {name or "skillmeat-audit": title for name, title in pairs}


def _matching(titles: Iterable[tuple[str, str]], incomplete: str) -> list[CompletionItem]:
    """Return the items that continue *incomplete*, of a comma list its last part."""
    before, comma, last = incomplete.rpartition(",")
    return [
        CompletionItem(f"{before}{comma}{name}", help=title or None)
        for name, title in titles
        if name.lower().startswith(last.lower())
    ]


def _home_of_line() -> str:
    """Return the home on the line that is completed, or the default one."""
    from skillmeat_audit.ui.cli.arguments import default_home

    # Not from click: it drops the arguments of a line that ends with an option without its value.
    words = map(os.path.expanduser, split_arg_string(os.environ.get("COMP_WORDS", "")))
    given = next((word for word in words if os.path.isdir(word)), None)
    return given or default_home()


def complete_rules(
    _context: Context, _parameter: Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the rule codes that continue *incomplete*."""
    return _matching(rule_titles().items(), incomplete)


def complete_writers(
    _context: Context, _parameter: Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the code paths that continue *incomplete*."""
    return _matching(writer_titles().items(), incomplete)


def complete_artifacts(
    _context: Context, _parameter: Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the artifacts of the home, by ``type:name`` or by name."""
    from skillmeat_audit.loaders.name_lookup import artifact_names

    names = artifact_names(_home_of_line())
    by_id = _matching([(name, "") for name in names], incomplete)
    # Without a type the name alone is completed; bash breaks words at colons.
    bare = sorted({name.partition(":")[2] for name in names})
    return by_id or _matching([(name, "") for name in bare], incomplete)


def complete_collections(
    _context: Context, _parameter: Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the names of the DB collections of the home."""
    from skillmeat_audit.loaders.name_lookup import collection_names

    names = collection_names(_home_of_line())
    return _matching([(name, key) for key, name in sorted(names.items())], incomplete)


def complete_runs(context: Context, _parameter: Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the ids of the runs on the home, the latest first."""
    from skillmeat_audit.loaders.home import home_state_folder
    from skillmeat_audit.repair.run_folders import run_ids

    runs: list[str] = []
    with contextlib.suppress(AuditError, OSError, ValueError):
        runs = run_ids(home_state_folder(_home_of_line(), context.params.get("state_dir")))
    return _matching([(run, "") for run in runs], incomplete)


def complete_plans(
    _context: Context, _parameter: Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the plans in the folder of *incomplete*; where there are none, all files."""
    from skillmeat_audit.loaders.name_lookup import plan_files
    from skillmeat_audit.model.changes import PLAN_SCHEMA

    folder, name = os.path.split(incomplete)
    plans = plan_files(Path(os.path.expanduser(folder or ".")), PLAN_SCHEMA)
    names = [os.path.join(folder, plan.name) for plan in plans if plan.name.startswith(name)]
    return [CompletionItem(each) for each in names] or [CompletionItem(incomplete, type="file")]
