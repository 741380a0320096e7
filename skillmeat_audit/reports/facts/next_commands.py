"""Commands to run next: they name the home, and repeat the options of the command before."""

import os
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.folders import PathLike, short_path
from skillmeat_audit.base.text import printable
from skillmeat_audit.base.urls import is_server, without_password
from skillmeat_audit.reports.facts.lines import Finding

Option = tuple[str, str | None]  # its name, and its value unless it is a flag
_MAX_WORD_CHARS = 200


@dataclass(frozen=True)
class Command:
    """A command to run next, and what it does; of a plan, how much it writes, in few words.

    ``review`` says how much of it a person has to decide about, empty for nothing.
    """

    line: str
    why: str
    size: str = ""
    review: str = ""


@dataclass(frozen=True)
class NextCommands:
    """Makes commands on *home*; *repeated* are the options to repeat, by verb."""

    home: str
    repeated: Mapping[str, Sequence[Option]] = field(default_factory=dict)

    def line(
        self, verb: str, arguments: Sequence[str] = (), options: Sequence[Option] = ()
    ) -> str | None:
        """Return the command *verb* on the home, the *options* after those that it repeats.

        An option in *options* replaces one of the same name. Returns None where a word cannot be
        printed and pasted.
        """
        replaced = {name for name, _ in options}
        repeated = [each for each in self.repeated.get(verb, ()) if each[0] not in replaced]
        words = [word for option in (*repeated, *options) for word in option if word is not None]
        if not all(map(_is_pasteable, (self.home, *arguments, *words))):
            return None
        home = () if verb == "apply" else (_home_word(self.home),)
        return " ".join([TOOL, verb, *map(shlex.quote, arguments), *home, *map(shlex.quote, words)])

    def without(self, name: str) -> "NextCommands":
        """Return what makes the same commands, but never repeats the option *name*."""
        repeated = {
            verb: [each for each in options if each[0] != name]
            for verb, options in self.repeated.items()
        }
        return NextCommands(self.home, repeated)

    def values(self, verb: str, name: str) -> Collection[str | None]:
        """Return the values that *verb* repeats of the option *name*."""
        return [value for each, value in self.repeated.get(verb, ()) if each == name]


def command_on(home: PathLike, state_dir: PathLike | None, verb: str, *options: str) -> str:
    """Return the command *verb* on *home*, for a message outside of a command line."""
    server = without_password(os.fspath(home)) if is_server(home) else ""
    path = server or os.path.abspath(os.path.expanduser(home))
    words = [TOOL, verb, path, *options]
    if state_dir is not None:
        words += ["--state-dir", os.path.abspath(os.path.expanduser(state_dir))]
    return printable(shlex.join(words))


def explain_commands(commands: NextCommands, findings: Sequence[Finding]) -> Iterator[Command]:
    """Yield the commands that explain the first of *findings*: its artifact, and its rule."""
    if not findings:
        return
    # An artifact with a wrong cell has most to show.
    named = [each for each in findings if each["artifact_id"] is not None]
    wrong = [each for each in named if each["status"] is not None]
    for finding in (wrong or named)[:1]:
        if (line := commands.line("show", [str(finding["artifact_id"])])) is not None:
            yield Command(line, "all layers of one artifact")
    code = (wrong or named or findings)[0]["rule"]
    yield Command(f"{TOOL} rules {code}", "what the rule looks for")


def _is_pasteable(word: str) -> bool:
    return printable(word) == word and len(word) <= _MAX_WORD_CHARS


def _home_word(home: str) -> str:
    """Return *home* as a word of a command: a shell expands ``~`` only outside quotes."""
    path = short_path(home)
    return f"~/{shlex.quote(path[2:])}" if path.startswith("~/") else shlex.quote(path)
