"""Write the reference of the Python names, from their docstrings and signatures.

``docs/reference/api.md`` has the names of ``crystinet``; ``docs/reference/api-building.md`` has
those for building models and readers. ``--check`` writes nothing and fails where a page is stale.
"""

import argparse
import dataclasses
import enum
import inspect
import json
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import crystinet

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
MADE = "<!-- Made by `just docs` from docstrings. -->"
HEAD = f"""# Names of crystinet

{MADE}

Everything that `import crystinet` gives, from the docstrings: `help(crystinet.identify)` says
the same. [Python](python.md) has an overview with examples of whole tasks, and
[errors](errors.md) what to do about each. Arrays are NumPy arrays; a unit is part of a name
(`_angstrom`, `_deg`, `_nm`, `_s`) or stands in its description.
"""
BUILDING_HEAD = f"""# Names for building models

{MADE}

What `crystinet corpus`, `train`, `extend`, `evaluate` and the others call, see
[building models](python.md#building-models), and how patterns are prepared.
"""
#: Use cases of the commands that build and judge models.
BUILDING = "corpus datasets grouping pairs train extend evaluate explain_type"
#: What front ends write answers with is no use case.
WRITING = {"audit_document", "isotype_words", "problem_document"}
SECTION = re.compile(r"^(\w[\w ]*)\n-+\n", re.MULTILINE)
LISTS = ("Parameters", "Attributes", "Returns", "Yields", "Raises")
#: Pythons of different age write the same alias differently.
ARRAY = re.compile(r"(?:ndarray\[tuple\[Any, \.\.\.\], dtype\[|NDArray\[)([a-z]+)\d*\]+")
MODULES = re.compile(r"\b(?:[a-z_]\w*\.)+(?=[A-Za-z_])")


def names_of_crystinet() -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """Its public names by kind: what it does, what one holds, errors."""
    names = [(name, getattr(crystinet, name)) for name in crystinet.__all__ if name[0] != "_"]
    errors = {name for name, each in names if isinstance(each, type) and is_error(each)}
    yield "Functions", [(name, each) for name, each in names if not isinstance(each, type)]
    yield (
        "Objects",
        [(n, each) for n, each in names if isinstance(each, type) and n not in errors],
    )
    yield "Errors", [(name, each) for name, each in names if name in errors]


def names_for_building() -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """Public names of the use cases that build models, and of the preparation, by module."""
    for name in BUILDING.split():
        module = import_module(f"crystinet.app.{name}")
        own = [
            (key, each)
            for key, each in vars(module).items()
            if not key.startswith("_")
            and key not in WRITING
            and getattr(each, "__module__", "") == module.__name__
        ]
        yield module.__name__, own
    patterns = import_module("crystinet.patterns")
    known = set(crystinet.__all__)
    named = [name for name in patterns.__all__ if name not in known]
    yield patterns.__name__, [(name, getattr(patterns, name)) for name in named]


def is_error(kind: type) -> bool:
    """Whether it is raised."""
    return issubclass(kind, Exception)


def section(prefix: str, name: str, each: Any) -> Iterator[str]:
    """All about one name."""
    yield f"### {prefix}.{name}\n"
    if isinstance(each, type):
        yield from class_blocks(name, each)
        return
    yield f"```python\n{signature(name, each)}\n```\n"
    yield from told(each, kinds_of_parameters(each))
    missing = set(inspect.signature(each).parameters) - documented(each, "Parameters")
    if missing:
        sys.exit(f"The docstring of {prefix}.{name} lacks parameters: {sorted(missing)}.")


def class_blocks(name: str, kind: type) -> Iterator[str]:
    """A class: how it is made, what it has, what it does."""
    if issubclass(kind, enum.Enum):
        yield "\n".join(f"* `{member.name}`, equal to `{member.value!r}`" for member in kind) + "\n"
    elif is_error(kind):
        yield f"Code: `{kind.code}`.\n"  # type: ignore[attr-defined]
    elif documented(kind, "Parameters") or documented(
        kind, "Raises"
    ):  # made by hand, it may refuse
        yield f"```python\n{signature(name, kind)}\n```\n"
    fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
    made_with = {} if is_error(kind) or issubclass(kind, enum.Enum) else kinds_of_parameters(kind)
    yield from told(kind, made_with | {field.name: kind_of(field.type) for field in fields})
    attributes = documented(kind, "Attributes")
    for key, member in vars(kind).items():
        if key.startswith("_") or key in attributes or not inspect.getdoc(member):
            continue
        if isinstance(member, property) and member.fget:
            answer = kind_of(inspect.signature(member.fget).return_annotation)
            yield f"#### {name}.{key}\n\n`{answer}`\n"
            yield from told(member, {})
        elif isinstance(member, classmethod) or inspect.isfunction(member):
            function = getattr(kind, key)
            yield f"#### {name}.{key}()\n\n```python\n{signature(f'{name}.{key}', function)}\n```\n"
            yield from told(function, kinds_of_parameters(function))


def signature(name: str, each: Any) -> str:
    """A call with all defaults, on one line or with a line for each parameter."""
    found = inspect.signature(each)
    words, star = [], False
    for key, parameter in found.parameters.items():
        if key == "self":
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not star:
            words.append("*")
        star = star or parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_POSITIONAL)
        sign = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        default = parameter.default
        plain = getattr(default, "__name__", None) or value_of(default)
        words.append(sign + key + ("" if default is parameter.empty else f"={plain}"))
    answer = found.return_annotation
    arrow = "" if answer is found.empty or isinstance(each, type) else f" -> {kind_of(answer)}"
    line = f"{name}({', '.join(words)}){arrow}"
    if len(line) <= 100:
        return line
    return f"{name}(\n" + "".join(f"    {word},\n" for word in words) + f"){arrow}"


def value_of(default: Any) -> str:
    """A default as one would write it."""
    if isinstance(default, enum.Enum):
        default = default.value
    if isinstance(default, str):
        return json.dumps(default, ensure_ascii=False)
    return f"{type(default).__name__}()" if dataclasses.is_dataclass(default) else repr(default)


def kinds_of_parameters(each: Any) -> dict[str, str]:
    """Types of the parameters of a call."""
    return {
        name: kind_of(parameter.annotation)
        for name, parameter in inspect.signature(each).parameters.items()
        if parameter.annotation is not parameter.empty
    }


def kind_of(annotation: Any) -> str:
    """A type without the modules that its names come from."""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    text = MODULES.sub("", text).replace("'", "").replace('"', "")
    return ARRAY.sub(r"array of \1", text)


def told(each: Any, kinds: dict[str, str]) -> Iterator[str]:
    """What a docstring says, as Markdown."""
    head, *parts = SECTION.split(inspect.getdoc(each) or "")
    yield f"{plain_text(head)}\n"
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    if inspect.isfunction(each) and "Parameters" in sections and "Returns" not in sections:
        answer = kind_of(inspect.signature(each).return_annotation)
        after = {key: sections.pop(key) for key in list(sections) if key != "Parameters"}
        sections |= {"Returns": f"`{answer}`"} | after
    for title, text in sections.items():
        yield f"**{title}**\n"
        if title == "Examples":
            yield f"```pycon\n{text.strip()}\n```\n"
        elif title in LISTS:
            yield "\n".join(item(*pair, kinds) for pair in items(text)) + "\n"
        else:
            yield f"{plain_text(text)}\n"


def items(text: str) -> Iterator[tuple[str, str]]:
    """Names at the margin of a section, each with the indented text below it."""
    for found in re.finditer(r"^(\S.*)\n?((?:(?:[ ]+.*)?\n?)*?)(?=^\S|\Z)", text, re.MULTILINE):
        yield found[1], inspect.cleandoc(found[2])


def item(name: str, text: str, kinds: dict[str, str]) -> str:
    """One entry of a list; a line without text below it is text itself."""
    if not text:
        return f"* {plain_text(name)}"
    names = [word.strip() for word in name.split(",")]
    known = sorted({kinds[word] for word in names if word in kinds}) if len(names) == 1 else []
    shown = ", ".join(f"`{word}`" for word in names) if is_names(names) else plain_text(name)
    body = plain_text(text).replace("\n", "\n  ")
    return f"* {shown}" + "".join(f" (`{kind}`)" for kind in known) + f": {body}"


def is_names(words: list[str]) -> bool:
    """Whether these are names or types, not a sentence."""
    return all(re.fullmatch(r"[\w.\[\]| ]+", word) for word in words)


def plain_text(text: str) -> str:
    """Text of a docstring as Markdown; code has one backtick there."""
    return text.strip().replace("``", "`")


def documented(each: Any, title: str) -> set[str]:
    """Names in one section of a docstring."""
    _, *parts = SECTION.split(inspect.getdoc(each) or "")
    texts = dict(zip(parts[::2], parts[1::2], strict=True))
    names = (name for name, _ in items(texts.get(title, "")))
    return {word.strip(" *") for name in names for word in name.split(",")}


def page(head: str, groups: Iterator[tuple[str, list[tuple[str, Any]]]]) -> str:
    """A whole page; the heading of a module is the prefix of its names."""
    blocks = [head]
    for title, names in groups:
        blocks.append(f"## {title}\n")
        prefix = title if title.startswith("crystinet.") else "crystinet"
        for name, each in names:
            blocks += section(prefix, name, each)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(blocks))


def main() -> None:
    """Write both, or check them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only fail where one is stale")
    check = parser.parse_args().check
    new = {
        "api.md": page(HEAD, names_of_crystinet()),
        "api-building.md": page(BUILDING_HEAD, names_for_building()),
    }
    for name, text in new.items():
        path = FOLDER / name
        if path.is_file() and path.read_text("utf-8") == text:
            continue
        if check:
            sys.exit(f"docs/reference/{name} is not what docstrings say: run `just docs`.")
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
