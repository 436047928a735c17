"""Resolve all versions anew with uv: ``requirements-dev.lock`` and ``.ci/lowest.txt``.

The lock holds for every Python from the oldest on, and is given to pip as constraints (``-c``).
PyTorch's own companions (CUDA, triton) are left out of it: which of them it takes depends on the
build of PyTorch that pip finds, and that build names their exact versions itself.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
OLDEST = "3.11"
COMPANIONS = re.compile(r"^(?:cuda|nvidia|triton)\b")
HEAD = "# Made by `just lock` (tools/lock.py).\n"


def resolve(*words: str) -> str:
    """Resolve pyproject.toml with some options of uv; one package a line, with who wants it."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--quiet"]
    command += ["--no-header", "--no-emit-index-url", "--annotation-style", "line"]
    command += ["--python-version", OLDEST, *words]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def main() -> None:
    """Write both files."""
    lines = resolve("--universal", "--extra", "dev").splitlines(keepends=True)
    kept = "".join(line for line in lines if not COMPANIONS.match(line))
    (ROOT / "requirements-dev.lock").write_text(HEAD + kept, encoding="utf-8")
    lowest = resolve("--resolution", "lowest-direct", "--extra", "test-core")
    (ROOT / ".ci" / "lowest.txt").write_text(HEAD + lowest, encoding="utf-8")


if __name__ == "__main__":
    main()
