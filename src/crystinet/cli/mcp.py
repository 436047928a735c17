"""``crystinet mcp``: tools for language models."""

from pathlib import Path
from typing import Annotated

import typer

from crystinet.cli.options import ModelOption
from crystinet.cli.shell import EXIT_OK
from crystinet.core.errors import ConfigError
from crystinet.core.extras import need_extra


def mcp(
    root: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=FOLDER",
            show_default=False,
            help="A folder that may be read, with what is below it; again for more. Nothing else "
            "is read, and nothing is written.",
        ),
    ],
    model: ModelOption = None,
) -> int:
    """Offer tools to a language model: the Model Context Protocol on standard input and output.

    The tools are files, identify, explain, refine, assign, types and nearest. The program that runs
    the model starts this command; see its manual.

    \b
    Examples:
      crystinet mcp --root measurements=/data/xrd
      crystinet mcp --root xrd=/data/xrd --root structures=/data/cif
    """  # noqa: D301 (the backspace keeps the lines below apart)
    need_extra("agent", "mcp", what="Offering tools")
    from crystinet.agent.roots import Roots
    from crystinet.agent.server import make_server
    from crystinet.agent.tools import Tools

    make_server(Tools(Roots(_folders(root)), model=model)).run("stdio")
    return EXIT_OK


def _folders(given: list[str]) -> dict[str, Path]:
    """Folders by name; one without a name is called as it is."""
    found: dict[str, Path] = {}
    for text in given:
        name, sign, folder = text.partition("=")
        path = Path(folder if sign else text)
        name = name if sign else path.resolve().name
        if not name or "/" in name or name in found:
            raise ConfigError(
                f"--root {text!r} gives no new name.", hint="Give NAME=FOLDER, each name once."
            )
        found[name] = path
    return found
