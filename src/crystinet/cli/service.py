"""``crystinet service``: what whoever runs a service needs beside it."""

from pathlib import Path
from typing import Annotated

import typer

from crystinet.cli.serve import DATA
from crystinet.cli.shell import EXIT_OK, guarded, say
from crystinet.core.extras import SERVICE, need_extra

service = typer.Typer(
    name="service",
    help="Tokens, backup and tidying up for `crystinet serve`.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

DataOption = Annotated[
    Path, typer.Option(metavar="DIR", help="Folder of the service, as in `crystinet serve`.")
]


def token(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="File of tokens; made where there is none.")
    ],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who gets it.")],
    scope: Annotated[
        str,
        typer.Option(
            metavar="SCOPES",
            help="What it allows: read (look at answers), submit (ask), admin (delete, name).",
        ),
    ] = "read,submit",
    remove: Annotated[bool, typer.Option("--remove", help="Take the token away.")] = False,
) -> int:
    """Make a token, and show it this once: the file holds its hash alone.

    \b
    Examples:
      crystinet service token tokens.json diffractometer
      crystinet service token tokens.json anna --scope read,submit,admin
      crystinet service token tokens.json anna --remove
    """  # noqa: D301 (the backspace keeps the lines below apart)
    need_extra("web", *SERVICE, what="A service")
    from crystinet.service.tokens import make_token, remove_token

    if remove:
        remove_token(file, name)
        say(f"{name} has no token any more.", err=True)
        return EXIT_OK
    made = make_token(file, name, scope.replace(" ", "").split(","))
    say("The token of " + name + ", which nobody can show again:", err=True)
    say(made)
    return EXIT_OK


def backup(
    copy: Annotated[Path, typer.Argument(metavar="COPY", help="New file to write.")],
    data: DataOption = DATA,
) -> int:
    """Copy results, jobs and learned models into one file, also while the service runs.

    To restore, stop the service and put the copy where the state was: DIR/service.sqlite. The
    models come out of it when the service starts.

    \b
    Examples:
      crystinet service backup monday.sqlite --data /srv/crystinet
    """  # noqa: D301
    need_extra("web", *SERVICE, what="A service")
    from crystinet.service.state.backups import backup as copy_service

    copy_service(data, copy)
    say(f"{copy} is a copy of the service in {data}.", err=True)
    return EXIT_OK


def prune(
    data: DataOption = DATA,
    keep_days: Annotated[float, typer.Option(min=0.0, metavar="N", help="Days.")] = 90.0,
    keep_results: Annotated[int, typer.Option(min=0, metavar="N", help="Results.")] = 100_000,
    keep_gb: Annotated[float, typer.Option(min=0.0, metavar="N", help="GB.")] = 20.0,
) -> int:
    """Delete the oldest results over these limits, also while the service runs.

    The service does so by itself every hour, with the limits that it was started with.

    \b
    Examples:
      crystinet service prune --data /srv/crystinet --keep-days 30
    """  # noqa: D301
    need_extra("web", *SERVICE, what="A service")
    from crystinet.service.settings import STATE_FILE, Retention
    from crystinet.service.state.database import Database
    from crystinet.service.state.retention import prune as prune_state

    with Database(data / STATE_FILE) as database:
        limits = Retention(keep_days, keep_results, int(keep_gb * 2**30))
        gone = prune_state(database, limits)
    say(f"{gone.results} results, {gone.jobs} jobs and {gone.uploads} files deleted.")
    return EXIT_OK


for _command in (token, backup, prune):
    service.command()(guarded(_command))
