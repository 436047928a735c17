"""One name, one idea: no two public nouns share a name, and below the use cases no two functions.

Use cases and commands are named after the step of the method that they call, which is what people
type, so functions of `app`, `cli`, `service` and `agent` are left out.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "crystinet"

#: The same formula in NumPy, for one pattern, and in PyTorch, for batches of training patterns.
IN_NUMPY_AND_TORCH = {"lorentz_polarisation", "march_dollase"}


def definitions(text: str) -> Iterator[tuple[str, bool]]:
    """Public names of a file's top level, and whether each is a noun: a class or a type's alias."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef):
            found = [(node.name, True)]
        elif isinstance(node, ast.FunctionDef):
            found = [(node.name, False)]
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            found = [(name, True) for name in names if name[0].isupper() and not name.isupper()]
        else:
            found = []
        yield from (each for each in found if not each[0].startswith("_"))


def places(*, nouns: bool, without: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """Files that define a public name, for all names."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(SOURCE.rglob("*.py")):
        place = path.relative_to(SOURCE)
        if place.parts[0] not in without:
            for name, is_noun in definitions(path.read_text("utf-8")):
                if is_noun is nouns:
                    found[name].append(place.as_posix())
    return found


def test_no_two_nouns_share_a_name() -> None:
    # One letter stands for any type: that is no name.
    found = {name: files for name, files in places(nouns=True).items() if len(name) > 1}
    assert len(found) > 100  # the files were read
    assert {name: files for name, files in found.items() if len(files) > 1} == {}


def test_no_two_functions_below_the_use_cases_share_a_name() -> None:
    found = places(nouns=False, without=("app", "cli", "service", "agent"))
    assert len(found) > 200  # the files were read
    assert {name for name, files in found.items() if len(files) > 1} == IN_NUMPY_AND_TORCH


def test_aliases_and_classes_are_nouns() -> None:
    text = "class A: ...\nBc = int\nLIMIT = 3\ndef f(): ...\nclass _B: ...\n"
    assert list(definitions(text)) == [("A", True), ("Bc", True), ("f", False)]
