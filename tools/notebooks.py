"""Execute the notebooks of ``docs/notebooks``, each in an empty folder, and write their pages.

The notebooks are kept without outputs; ``NAME.md`` shows text, code and outputs, and ``NAME-N.png``
are its pictures. ``--check`` executes them too, writes nothing, and fails where a page says
something else. Numbers may differ by 5 % or one in the last digit there, because processors round
differently, and pictures in every pixel; code and words may not.
"""

import argparse
import base64
import math
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "docs" / "notebooks"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


def executed(path: Path) -> Any:
    """The notebook with its outputs; an error of a cell is one here."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=600,
            kernel_name="python3",
            coalesce_streams=True,
            resources={"metadata": {"path": folder}},
        )
        client.execute()
    return notebook


def rendered(name: str, notebook: Any) -> tuple[str, dict[str, bytes]]:
    """Its page, and the pictures by their file names."""
    first, *cells = notebook.cells
    head = (
        f"<!-- Made by `just notebooks`. -->\n\n[This notebook]({name}.ipynb) as a file to run.\n"
    )
    blocks, pictures = [first.source + "\n", head], dict[str, bytes]()
    for cell in cells:
        if cell.cell_type == "markdown":
            blocks.append(cell.source + "\n")
            continue
        blocks.append(f"```python\n{cell.source}\n```\n")
        for output in cell.outputs:
            blocks += shown(name, output, pictures)
    return "\n".join(blocks), pictures


def shown(name: str, output: Any, pictures: dict[str, bytes]) -> Iterator[str]:
    """One output as Markdown; a picture is also kept."""
    if output.output_type == "stream":
        if output.name == "stderr":
            sys.exit(f"{name}.ipynb complains:\n{output.text}")
        text = output.text
    elif "image/png" in output.data:
        picture = f"{name}-{len(pictures) + 1}.png"
        pictures[picture] = base64.b64decode(output.data["image/png"])
        yield f"![What this draws]({picture})\n"
        return
    else:
        text = output.data["text/plain"]
    yield f"```text\n{text.rstrip()}\n```\n"


def alike(new: str, old: str) -> bool:
    """Whether two pages say the same, but for the last digits of numbers."""
    if NUMBER.sub("0", new) != NUMBER.sub("0", old):
        return False
    pairs = zip(NUMBER.findall(new), NUMBER.findall(old), strict=True)
    return all(
        math.isclose(float(a), float(b), rel_tol=0.05, abs_tol=1.01 * last_digit(b))
        for a, b in pairs
    )


def last_digit(number: str) -> float:
    """What one in the last digit of a number is worth."""
    mantissa, _, exponent = number.partition("e")
    return float(10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2])))


def main() -> None:
    """Write pages, or check them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help="notebooks, without .ipynb; all unless given")
    parser.add_argument("--check", action="store_true", help="only fail where a page is stale")
    given = parser.parse_args()
    for name in given.names or sorted(path.stem for path in FOLDER.glob("*.ipynb")):
        text, pictures = rendered(name, executed(FOLDER / f"{name}.ipynb"))
        page = FOLDER / f"{name}.md"
        if given.check:
            missing = [picture for picture in pictures if not (FOLDER / picture).is_file()]
            if missing or not alike(text, page.read_text("utf-8")):
                sys.exit(f"docs/notebooks/{name}.md is not what it does: run `just notebooks`.")
            continue
        for old in FOLDER.glob(f"{name}-*.png"):
            old.unlink()
        for picture, data in pictures.items():
            (FOLDER / picture).write_bytes(data)
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
