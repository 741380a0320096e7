"""The options that several verbs share, and the typed values in which they arrive."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skillmeat_audit.model.choices import SERVICES
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.findings import Severity
from skillmeat_audit.ui.cli.arguments import TENANT, single_output
from skillmeat_audit.ui.cli.streams import emit

if TYPE_CHECKING:
    from skillmeat_audit.api.options import Options

Command = Callable[..., Any]
Decorator = Callable[[Command], Command]


def option_group(group: type, argument: str, *options: Decorator) -> Decorator:
    """Return a decorator that adds *options*, in this order.

    Their values reach the verb as one *argument*, an instance of the dataclass *group*: each option
    has the name of a field. A field without an option has its default.
    """
    names = [field.name for field in fields(group)]

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def call(*arguments: object, **values: object) -> object:
            # click passes every option by its own name: those of the group become one value here.
            values[argument] = group(**{name: values.pop(name) for name in names if name in values})
            return command(*arguments, **values)

        decorated: Command = call
        # Decorators apply from the inside out: the last one is listed first in the help.
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate


traceback_option = click.option(
    "--traceback", is_flag=True, expose_value=False, help="Show the traceback of an error."
)


def path_option(*names: str, help_text: str, metavar: str = "FILE") -> Decorator:
    """Return an option that takes the path of a file or folder."""
    kind = click.Path(path_type=Path)
    return click.option(*names, type=kind, metavar=metavar, help=help_text)


def output_file_option(help_text: str) -> Decorator:
    """Return the option ``--output`` of a verb that writes one file; a second one is refused."""
    return click.option(
        "--output",
        "-o",
        type=click.Path(path_type=Path),
        multiple=True,
        metavar="FILE",
        callback=single_output,
        help=help_text,
    )


config_option = path_option(
    "--config", help_text="Settings file (ignored rules, kept backups, allowed links)."
)
state_dir_option = path_option(
    "--state-dir", help_text="Folder of journals, backups, history and parse cache.", metavar="DIR"
)
history_url_option = click.option(
    "--history",
    "history_url",
    metavar="URL",
    help="Where runs are recorded: a file, or postgresql://…  [default: in the state folder]",
)
baseline_option = path_option(
    "--baseline", help_text="Leave out the findings that the baseline FILE accepts."
)
apply_fill_option = click.option(
    "--apply-fill",
    is_flag=True,
    help="With --apply-safe: also fill rows and manifests with what other layers know.",
)
exit_zero_option = click.option(
    "--exit-zero", is_flag=True, help="Exit 0 even with findings; errors still exit 2."
)
fail_on_option = click.option(
    "--fail-on",
    type=click.Choice([severity.value for severity in Severity]),
    help="Lowest severity that exits 1.  [default: warning]",
)


def format_option(*formats: str) -> Decorator:
    """Return the option ``--format``, by default the first of *formats*."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="Output format.",
    )


def report_format_option(formats: Sequence[str]) -> Decorator:
    """Return the option that names the format of a report, one of *formats*."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(formats),
        metavar="FORMAT",
        help="Format of standard output, and of files with an ambiguous suffix: "
        f"{', '.join(formats)}.",
    )


github_option = click.option(
    "--github", is_flag=True, help="Write step summary and annotations on a GitHub runner."
)


def limit_option(noun: str, default: int) -> Decorator:
    """Return the option ``--limit`` of a list of *noun*."""
    return click.option(
        "--limit",
        type=click.IntRange(0),
        default=default,
        show_default=True,
        help=f"Maximum number of {noun} to list; 0 lists all.",
    )


whole_option = click.option(
    "--verbose", "-v", "whole", is_flag=True, help="Print whole values, not cut to the line."
)


def schema_option(document: str, other: str = "", switch: str = "view") -> Decorator:
    """Return the option ``--schema``, which prints the JSON schema of *document* and exits.

    Where the eager parameter *switch* is given, it is that of *other*. Click processes arguments
    after options, so that none has to be given.
    """

    # A callback, not a branch in every verb: it runs before required arguments are missed.
    def print_schema(context: click.Context, _option: click.Parameter, is_given: bool) -> None:
        if is_given:
            from skillmeat_audit.repair.plan import plan_schema
            from skillmeat_audit.reports.files.schemas import json_schema

            name = other if context.params.get(switch) else document
            emit((plan_schema() if name == "plan" else json_schema(name)).decode())
            context.exit(ExitCode.CLEAN)

    return click.option(
        "--schema",
        is_flag=True,
        expose_value=False,
        callback=print_schema,
        help="Print the JSON schema of the JSON output and exit.",
    )


@dataclass(frozen=True)
class AuditOptions:
    """How a home is audited."""

    state_dir: Path | None
    database: str | None
    no_parse_cache: bool
    config: Path | None
    live: str | None = None


def _keep_tenant(context: click.Context, _option: click.Parameter, value: str | None) -> None:
    context.meta[TENANT] = value


_AUDIT_OPTIONS = (
    state_dir_option,
    click.option(
        "--tenant",
        metavar="UUID",
        is_eager=True,  # HOME, which it becomes a part of, is processed after it
        expose_value=False,
        callback=_keep_tenant,
        help="Tenant to audit, where HOME is an enterprise database (postgresql://…).",
    ),
    click.option(
        "--database", metavar="URL", help="Another cache: a file, sqlite:///… or postgresql://…"
    ),
    click.option(
        "--no-parse-cache",
        is_flag=True,
        help="Read every file again; use and store no parse cache and no answer.",
    ),
    config_option,
    traceback_option,
)
audit_options = option_group(AuditOptions, "reading", *_AUDIT_OPTIONS)
live_audit_options = option_group(
    AuditOptions,
    "reading",
    click.option(
        "--live",
        metavar="URL",
        help="Compare with the pages of the SkillMeat running at URL (extra live; token in "
        "SKILLMEAT_AUDIT_TOKEN).",
    ),
    *_AUDIT_OPTIONS,
)


@dataclass(frozen=True)
class RunOptions:
    """How runs are carried out or found, and the format in which they are printed."""

    state_dir: Path | None
    wait: float
    form: str
    database: str | None
    config: Path | None

    def options(self, max_overwrites: int | None = None, service: str = SERVICES[0]) -> "Options":
        """Return these options with those of the settings file."""
        from skillmeat_audit.api.options import Options
        from skillmeat_audit.loaders.settings import load_settings

        settings = load_settings(self.config)
        return Options(
            self.state_dir,
            max_overwrites,
            self.wait,
            service,
            settings.keep_backups,
            allow_links=settings.allow_links,
        )


run_options = option_group(
    RunOptions,
    "running",
    state_dir_option,
    click.option(
        "--wait",
        type=click.FloatRange(0),
        default=10.0,
        show_default=True,
        metavar="SECONDS",
        help="How long to wait for a lock.",
    ),
    format_option("text", "json"),
    click.option("--database", metavar="URL", help="The cache's address, where it has moved."),
    config_option,
    traceback_option,
)
