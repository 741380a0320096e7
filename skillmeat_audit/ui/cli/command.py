"""The classes of the verbs and of their group: what every verb has, and what its help shows."""

import functools
import io
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from skillmeat_audit.base.atomic_write import write_whole
from skillmeat_audit.base.errors import StateError, UsageError
from skillmeat_audit.base.text import printable
from skillmeat_audit.ui.cli.arguments import single_output
from skillmeat_audit.ui.cli.legend import exit_codes
from skillmeat_audit.ui.cli.suggestions import ALIASES, unknown_option, unknown_verb

Pairs = Sequence[tuple[str, str]]
COLORS = ("auto", "always", "never")
_ARGUMENTS = {
    "home": "A .skillmeat folder, or the folder that holds it; by default that which "
    "SKILLMEAT_AUDIT_HOME names, else ~/.skillmeat.",
    "artifact": "An artifact as type:name, or its name where only one has it.",
    "code": "Codes or prefixes of rules, separated by spaces or commas.",
    "file": "A plan that 'skillmeat-audit plan -o FILE' has saved.",
    "shell": "The shell to complete in: bash, zsh or fish.",
}
_COLOR, _OUTPUT = "skillmeat-audit.color", "skillmeat-audit.output"
_QUIET = "skillmeat-audit.quiet"


def _remember_output(context: click.Context, option: click.Parameter, given: Any) -> None:
    context.meta[_OUTPUT] = single_output(context, option, given)


def _remember_color(context: click.Context, _option: click.Parameter, given: str) -> None:
    context.meta[_COLOR] = given


def _remember_quiet(context: click.Context, _option: click.Parameter, given: bool) -> None:
    context.meta[_QUIET] = given


def forced_color() -> bool | None:
    """Return what ``--color`` of the running verb says: None leaves it to the terminal."""
    context = click.get_current_context(silent=True)
    choice = "auto" if context is None else context.meta.get(_COLOR, "auto")
    return None if choice == "auto" else choice == "always"


def output_file() -> Path | None:
    """Return the file of ``--output`` of the running verb, None where it prints."""
    context = click.get_current_context(silent=True)
    return None if context is None else context.meta.get(_OUTPUT)


class Verb(click.Command):
    """A verb: ``examples`` and ``legends`` end its help.

    ``meanings`` are those of its arguments, where they are not the usual ones of their names.
    One that ``saves`` has the option ``--output``: what it would print goes to a file, by default
    in the format of its suffix. One that ``quiets`` has the option ``--quiet``.
    """

    def __init__(
        self,
        *arguments: Any,
        examples: Pairs = (),
        legends: Sequence[tuple[str, Pairs]] = (),
        meanings: Mapping[str, str] | None = None,
        saves: bool = False,
        quiets: bool = False,
        **settings: Any,
    ) -> None:
        super().__init__(*arguments, **settings)
        self.meanings = _ARGUMENTS | dict(meanings or {})
        self.sections = [*legends, ("Examples", [(f"$ {each}", why) for each, why in examples])]
        if saves:
            self.params.append(_output_option())
        if quiets:
            self.params.append(_quiet_option())
        self.params.append(_color_option())

    @property
    def argument_pairs(self) -> list[tuple[str, str]]:
        """The arguments, and what they mean."""
        names = [str(each.name) for each in self.params if isinstance(each, click.Argument)]
        return [(name.upper(), self.meanings[name]) for name in names if name in self.meanings]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the arguments, then the options."""
        if self.argument_pairs:
            with formatter.section("Arguments"):
                formatter.write_dl(self.argument_pairs)
        super().format_options(ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the legends and the examples."""
        super().format_epilog(ctx, formatter)
        for heading, pairs in self.sections:
            if pairs:
                with formatter.section(heading):
                    formatter.write_dl(list(pairs), col_max=26)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse *args*; an unknown option is answered with the one that was probably meant."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as exc:
            names = [name for param in self.get_params(ctx) for name in param.opts]
            message = unknown_option(exc.option_name, [n for n in names if n.startswith("--")])
            raise click.UsageError(message, ctx) from exc

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; with ``--output``, write what it prints to that file."""
        # Captured and dropped: whatever prints needs no second way to be quiet.
        if ctx.meta.get(_QUIET):
            with redirect_stdout(io.StringIO()):
                return super().invoke(ctx)
        path = ctx.meta.get(_OUTPUT)
        if path is None:
            return super().invoke(ctx)
        self._take_format(ctx, path)
        # Written only after the verb has ended: a verb that fails leaves the earlier file as it is.
        with redirect_stdout(io.StringIO()) as printed:
            code = super().invoke(ctx)
        try:
            write_whole(path, printed.getvalue().encode("utf-8", "backslashreplace"))
        except OSError as exc:
            raise StateError(f"cannot write {printable(path)}: {exc.strerror or exc}") from exc
        return code

    def _take_format(self, ctx: click.Context, path: Path) -> None:
        """Take the format from the suffix of *path* unless ``--format`` names another."""
        formats = next((p.type.choices for p in self.params if p.name == "form"), ())  # type: ignore[attr-defined]
        suffix = path.suffix.removeprefix(".").lower()
        # Not "is not text": `--format text -o findings.csv` means what it says.
        is_default = ctx.get_parameter_source("form") is click.core.ParameterSource.DEFAULT
        if is_default and suffix in formats:
            ctx.params["form"] = suffix


def _output_option() -> click.Option:
    return click.Option(
        ["--output", "-o"],
        type=click.Path(path_type=Path),
        multiple=True,
        metavar="FILE",
        callback=_remember_output,
        expose_value=False,
        help="Write the output to FILE, in the format of its suffix.",
    )


def _quiet_option() -> click.Option:
    return click.Option(
        ["--quiet", "-q"],
        is_flag=True,
        callback=_remember_quiet,
        expose_value=False,
        help="Print nothing but errors.",
    )


def _color_option() -> click.Option:
    return click.Option(
        ["--color"],
        type=click.Choice(COLORS),
        default=COLORS[0],
        callback=_remember_color,
        expose_value=False,
        help="Color the output; auto: only a terminal's.  [default: auto]",
    )


# What stands above a verb's function: `short_help`, `examples` and `legends` follow.
verb_command = functools.partial(click.command, cls=Verb)


class VerbGroup(click.Group):
    """The verbs: ``sections`` are their names below the headings of the help, in order.

    Each is the function of the same name in the module of the same name, which is imported when
    the verb is used: a check that nothing changed for takes a tenth of a second.
    """

    def __init__(
        self, *arguments: Any, sections: Mapping[str, Sequence[str]], **settings: Any
    ) -> None:
        super().__init__(*arguments, **settings)
        self.sections = sections

    @property
    def verb_names(self) -> list[str]:
        """The names of the verbs, in the order of the help."""
        return [name for names in self.sections.values() for name in names]

    def verb(self, name: str) -> click.Command:
        """Return the verb called *name*."""
        verb: click.Command = getattr(import_module(f"{__package__}.{name}"), name)
        return verb

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the verbs."""
        return self.verb_names

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the verb of this name, or of which it is an alias."""
        name = ALIASES.get(cmd_name, cmd_name)
        return self.verb(name) if name in self.verb_names else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the verb; an unknown one is answered with the one that was probably meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as exc:
            message = unknown_verb(exc.command_name, self.verb_names)
            raise click.UsageError(message, ctx) from exc

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write all exit codes."""
        heading, pairs = exit_codes()
        with formatter.section(heading):
            formatter.write_dl(list(pairs))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs, a block for every section."""
        # One column for all sections; two spaces follow the longest name.
        width = max(map(len, self.verb_names)) + 2
        for heading, names in self.sections.items():
            with formatter.section(heading):
                formatter.write_dl(
                    [(f"{n:<{width - 2}}", self.verb(n).get_short_help_str(90)) for n in names]
                )


def require_one(**flags: bool) -> None:
    """Raise `UsageError` where more than one of the options *flags* is given."""
    given = [f"--{name.replace('_', '-')}" for name, is_given in flags.items() if is_given]
    if len(given) > 1:
        raise UsageError(f"{given[0]} and {given[1]} exclude each other")
