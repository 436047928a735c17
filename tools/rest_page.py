"""Write the description of the REST API and the page that is made of it.

``docs/reference/openapi.json`` is what ``/openapi.json`` of a service says;
``docs/reference/rest.md`` tells the same to people. ``--check`` writes nothing and fails where
one of them is stale.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crystinet.service.application import create_app
from crystinet.service.settings import ServiceSettings

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
HEAD = """# REST API

<!-- Made by `just docs` from the service itself. -->

`crystinet serve` answers at `http://127.0.0.1:8017`; see
[a service for the laboratory](../how-to/service.md). The whole description for programs is
`/openapi.json` of every service.

* Fields and addresses are only ever added to `/api/v1`.
* Errors are problem details (RFC 9457, `application/problem+json`): `status`, `detail` (what was
  wrong), `code` (for programs, see [errors](errors.md)) and `hint` (what can be done).
* Every address may answer 400, 401, 403, 408, 421 and 503; 429 and 503 come with `Retry-After`.
* Where the service asks for tokens, each request carries one: `Authorization: Bearer TOKEN`.
"""


def description() -> dict[str, Any]:
    """What a service says of itself."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(ServiceSettings(data=Path(folder)))
        schema: dict[str, Any] = app.openapi()
        app.state.office.database.close()
    return schema


def page(schema: dict[str, Any]) -> str:
    """The page for people."""
    blocks = [HEAD]
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            blocks += operation_blocks(f"{method.upper()} {path}", operation)
    blocks.append("## Jobs that are sent\n")
    shapes = schema["components"]["schemas"]
    for name in ("JobRequest", "JobInputEntry", "JobOptions"):
        blocks.append(f"`{name}`\n\n" + table(shape_rows(shapes[name])))
    return "\n".join(blocks)


def operation_blocks(name: str, operation: dict[str, Any]) -> Iterator[str]:
    """One section."""
    yield f"## {name}\n\n{operation['summary']}.\n".replace("?.", "?")
    if told := operation.get("description"):
        yield f"{told}\n"
    rows = [
        (
            f"`{each['name']}`" + (" (header)" if each["in"] == "header" else ""),
            kind_of(each["schema"]),
            each.get("description", ""),
        )
        for each in operation.get("parameters", ())
    ]
    if rows:
        yield table(rows)
    if body := operation.get("requestBody"):
        yield f"Body: {', '.join(f'`{kind}`' for kind in body['content'])}.\n"
    answers = [
        f"{status} ({', '.join(answer.get('content') or {}) or 'no content'})"
        for status, answer in operation["responses"].items()
        if status.startswith(("2", "3"))
    ]
    others = [s for s in operation["responses"] if s.startswith("4")]
    special = [s for s in others if s not in ("400", "401", "403", "408", "421")]
    errors = f" Errors of its own: {', '.join(special)}." if special else ""
    yield f"Answers: {', '.join(answers)}.{errors}\n"


def shape_rows(shape: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Fields of an object."""
    for name, each in shape["properties"].items():
        needed = " (needed)" if name in shape.get("required", ()) else ""
        yield f"`{name}`{needed}", kind_of(each), each.get("description", "")


def kind_of(schema: dict[str, Any]) -> str:
    """A schema in a word or two."""
    kinds = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    words = []
    for each in kinds:
        if "enum" in each:
            words.append(", ".join(f"`{value}`" for value in each["enum"]))
        elif "const" in each:
            words.append(f"`{each['const']}`")
        elif "$ref" in each:
            words.append(f"`{each['$ref'].rpartition('/')[2]}`")
        else:
            words.append(str(each.get("type", "")))
    default = schema.get("default")
    plain = isinstance(default, str | int | float)
    return " or ".join(words) + (f", default `{json.dumps(default)}`" if plain else "")


def table(rows: Any) -> str:
    """A Markdown table of names, kinds and meanings."""
    lines = ["| name | kind | meaning |", "| --- | --- | --- |"]
    lines += [
        f"| {a} | {b} | {' '.join(c.split()).replace('|', chr(92) + '|')} |" for a, b, c in rows
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write both, or check them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only fail where one is stale")
    check = parser.parse_args().check
    schema = description()
    new = {
        "openapi.json": json.dumps(schema, indent=1, sort_keys=True) + "\n",
        "rest.md": page(schema),
    }
    for name, text in new.items():
        path = FOLDER / name
        if path.is_file() and path.read_text("utf-8") == text:
            continue
        if check:
            sys.exit(f"docs/reference/{name} is not what the service says: run `just docs`.")
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
