"""``crystinet serve``: the page and the REST API."""

from pathlib import Path
from typing import Annotated

import typer

from crystinet.cli.shell import EXIT_OK, say
from crystinet.core.errors import ConfigError
from crystinet.core.extras import SERVICE, need_extra

#: Where the state is kept unless another folder is named.
DATA = Path("crystinet-data")


def serve(
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Where to listen. Any address but this machine's own needs --tokens.",
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="N", help="Port; 0 for any that is free.")
    ] = 8017,
    data: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for results and jobs; made if needed.")
    ] = DATA,
    tokens: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="Ask for the tokens in FILE, made by `crystinet service token`.",
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[=BUNDLE]",
            show_default=False,
            help="A bundle that clients may name; again for more, the first is the usual one. "
            "Without it there are those of the package: default, extended and wide.",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            show_default=False,
            help="A further name that the service is called by, behind a reverse proxy.",
        ),
    ] = None,
    workers: Annotated[
        int,
        typer.Option(min=1, metavar="N", help="Processes for short jobs, and as many for long."),
    ] = 1,
    processes: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            show_default=False,
            help="Processes that identify, one pattern at a time each; all but the first are "
            "started when requests wait. As many as there are cores, 4 at most, unless given.",
        ),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            show_default=False,
            help="Hand batches to the Dask cluster with this scheduler (tcp://host:8786).",
        ),
    ] = None,
    corpus: Annotated[
        Path | None,
        typer.Option(
            metavar="STORE",
            show_default=False,
            help="Store of `crystinet corpus add` with compounds of the known types, for jobs that "
            "teach a bundle a new one.",
        ),
    ] = None,
    learn_config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml",
            show_default=False,
            help="How these jobs extend a bundle, as --config of `crystinet extend`.",
        ),
    ] = None,
    keep_days: Annotated[
        float, typer.Option(min=0.01, metavar="N", help="Keep results for so many days.")
    ] = 90.0,
    keep_results: Annotated[
        int, typer.Option(min=1, metavar="N", help="Keep so many results at most.")
    ] = 100_000,
    keep_gb: Annotated[
        float, typer.Option(min=0.01, metavar="N", help="Keep so many GB at most.")
    ] = 20.0,
) -> int:
    """Serve the page and the REST API, for this machine unless told otherwise.

    \b
    Examples:
      crystinet serve
      crystinet serve --data /srv/crystinet --model default --model ours=/srv/our-bundle
      crystinet serve --host 0.0.0.0 --tokens tokens.json --allow-host xrd.example.org
    """  # noqa: D301 (the backspace keeps the lines below apart)
    need_extra("web", *SERVICE, what="Serving")
    from crystinet.service.server import serve as run
    from crystinet.service.settings import Learning, Retention, ServiceSettings

    settings = ServiceSettings(
        data=data,
        host=host,
        port=port,
        tokens=tokens,
        models=_models(model or ()),
        allowed_hosts=frozenset(allow_host or ()),
        processes=processes or 0,
        workers=workers,
        cluster=cluster,
        learning=Learning(corpus, learn_config),
        retention=Retention(keep_days, keep_results, int(keep_gb * 2**30)),
    )
    run(settings, started=lambda address: say(f"crystinet serves at {address}", err=True))
    say("crystinet has put everything away.", err=True)
    return EXIT_OK


def _models(given: "list[str] | tuple[str, ...]") -> dict[str, Path | None]:
    """Names of bundles with their folders; a name alone is one in the package."""
    found: dict[str, Path | None] = {}
    for text in given:
        name, _, folder = text.partition("=")
        if not name or "/" in name or name in found:
            raise ConfigError(
                f"--model {text!r} gives no new name.", hint="Give NAME, or NAME=FOLDER."
            )
        found[name] = Path(folder or name) if (folder or name != "default") else None
    return found
