"""Write what the commands say of themselves into their sections of ``docs/reference/cli.md``.

Each section has its heading, a part made here between two marks, and below it what a person wrote
about answers and JSON. ``--check`` writes nothing and fails where the page is stale.
"""

import argparse
import re
import sys
from pathlib import Path
from typing import Any

import typer

from crystinet.cli import app

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "cli.md"
BEGIN, END = "<!-- made by `just docs` from the command -->", "<!-- written by hand again -->"
SECTION = re.compile(
    rf"^## (crystinet [\w -]+)\n\n(?:{BEGIN}.*?{END}\n)?", re.MULTILINE | re.DOTALL
)


def leaves(group: Any, path: str = "crystinet") -> dict[str, Any]:
    """Collect the commands below a group by their full name."""
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        full = f"{path} {name}"
        found |= leaves(command, full) if hasattr(command, "commands") else {full: command}
    return found


def rows(command: Any, context: Any) -> list[str]:
    """Give one row of a Markdown table for each argument and option."""
    lines = []
    for parameter in command.params:
        record = parameter.get_help_record(context)
        if record is None:
            continue
        name, text = (" ".join(part.split()).replace("|", "\\|") for part in record)
        # Typer marks a default that it was told in words.
        text = re.sub(r"\[default: \((\w+)\)", r"[default: \1", text)
        lines.append(f"| `{name}` | {text} |")
    return lines


def part(name: str, command: Any) -> str:
    """Write the part of a section that comes from the command."""
    context = command.context_class(command, info_name=name)
    usage = " ".join(command.get_usage(context).removeprefix("Usage: ").split())
    told, _, examples = command.help.partition("\b\n")
    examples = re.sub(r"^Examples?:\n", "", examples)
    examples = re.sub(r"^  ", "", examples, flags=re.MULTILINE).strip()
    blocks = [BEGIN, told.strip(), f"```\n{usage}\n```", f"```bash\n{examples}\n```"]
    blocks.append(
        "\n".join(["| argument, option | meaning |", "| --- | --- |", *rows(command, context)])
    )
    return "\n\n".join([*blocks, END])


def page(text: str) -> str:
    """Put the parts of all commands into the page, which has one section for each."""
    commands = leaves(typer.main.get_command(app))
    sections = re.findall(r"^## (crystinet [\w -]+)$", text, re.MULTILINE)
    if sorted(sections) != sorted(commands):
        differing = sorted(set(sections) ^ set(commands)) or sections
        sys.exit(f"Give each command one section '## crystinet ...' in {PAGE.name}: {differing}.")
    return SECTION.sub(
        lambda found: f"## {found[1]}\n\n{part(found[1], commands[found[1]])}\n", text
    )


def main() -> None:
    """Write the page, or check it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only fail where it is stale")
    old = PAGE.read_text(encoding="utf-8")
    new = page(old)
    if parser.parse_args().check:
        if new != old:
            sys.exit(f"docs/reference/{PAGE.name} is not what the commands say: run `just docs`.")
    elif new != old:
        PAGE.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
