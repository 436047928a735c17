"""The commands, each made when it is asked for, and what happens to words that are none."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from itertools import pairwise
from typing import Any

import typer
from typer.core import TyperGroup

from crystinet.app.documents import error_document
from crystinet.cli.shell import EXIT_FAILED, guarded, print_error, print_json, say
from crystinet.core.errors import ConfigError

#: Click's UsageError. Typer offers only this sub-class of it, and newer versions of Typer bring
#: their own copy of Click.
UsageError: Any = typer.BadParameter.__base__
#: What stands for the help of a group that was called without a command.
NoArgsIsHelpError: Any = sys.modules[UsageError.__module__].NoArgsIsHelpError


#: In the order of the help. Each is the function, or the group, of this name in the module of
#: this name.
COMMANDS = (
    "identify",
    "refine",
    "unknowns",
    "explain",
    "types",
    "assign",
    "simulate",
    "convert",
    "group",
    "pairs",
    "train",
    "extend",
    "evaluate",
    "benchmark",
    "corpus",
    "serve",
    "watch",
    "mcp",
    "service",
)


class Commands(Mapping[str, Any]):
    """Click's commands by name; each costs its import and its options only where it is used."""

    def __getitem__(self, name: str) -> Any:
        if name not in COMMANDS:
            raise KeyError(name)
        return _made(name)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


@cache
def _made(name: str) -> Any:
    """Make Click's command of the function, or the group, in the module of that name."""
    found = getattr(import_module(f"crystinet.cli.{name}"), name)
    if not isinstance(found, typer.Typer):
        function, found = found, typer.Typer(add_completion=False, rich_markup_mode=None)
        found.command(name)(guarded(function))
    return typer.main.get_command(found)


class Program(TyperGroup):
    """The commands; refuses wrong options as every other error is refused.

    That is: message and hint on standard error, exit status 2, and with ``--json`` the document of
    an error on standard output.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands: Any = Commands()

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command that the words name, and exit with its status."""
        words = sys.argv[1:] if args is None else args
        try:
            status = super().main(
                args, prog_name, complete_var, False, windows_expand_args, **extra
            )
        except UsageError as refused:
            status = self._refuse(refused, words)
        if standalone_mode:
            sys.exit(status)
        return status

    def _refuse(self, refused: Any, words: Sequence[str]) -> int:
        message: str = refused.format_message()
        if isinstance(refused, NoArgsIsHelpError):  # no command was given at all
            say(message, err=True)
            return EXIT_FAILED
        error = ConfigError(
            message + _value_of(refused, words), hint=_hint(refused, help_of=self._named(words))
        )
        print_error(error)
        if "--json" in words:
            print_json({"results": [], "error": error_document(error)})
        return EXIT_FAILED

    def _named(self, words: Sequence[str]) -> str:
        """The program with the command and sub-command that the words begin with."""
        names, known = ["crystinet"], self.commands
        for word in words:
            if word not in known:
                break
            names.append(word)
            known = getattr(known[word], "commands", {})
        return " ".join(names)


def _value_of(refused: Any, words: Sequence[str]) -> str:
    """Name the value that an option was given, which Typer's message leaves out."""
    options = getattr(getattr(refused, "param", None), "opts", ())
    for option, value in pairwise(words):
        if option in options and repr(value) not in refused.message:
            return f", not {value!r}"
    return ""


def _hint(refused: Any, *, help_of: str) -> str:
    """Say what the option means, where the message is about one that exists."""
    meaning = getattr(getattr(refused, "param", None), "help", None)
    more = f"See '{help_of} --help'."
    return f"{meaning} {more}" if meaning else more
