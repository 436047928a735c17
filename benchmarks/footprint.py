"""How much an installation takes on the disk, and how long ``import crystinet`` takes.

    python benchmarks/footprint.py .venv

The environment is one with the package installed (``pip install crystinet`` for the base). pip,
setuptools and bytecode are not counted: they are not ours. Times are the shortest of several, each
in a process of its own, beside that of ``import numpy``.
"""

import argparse
import subprocess
from pathlib import Path

NOT_COUNTED = ("pip", "setuptools", "wheel", "_distutils_hack", "pkg_resources")
RUNS = 10
MOST_MB, MOST_MS = 300, 30


def size_of(packages: Path) -> dict[str, int]:
    """Bytes of each top folder of site-packages, without bytecode."""
    sizes: dict[str, int] = {}
    for path in packages.rglob("*"):
        top = path.relative_to(packages).parts[0]
        if top.partition("-")[0] in NOT_COUNTED or "__pycache__" in path.parts:
            continue
        if path.is_file() and not path.is_symlink():
            sizes[top] = sizes.get(top, 0) + path.stat().st_size
    return sizes


def import_ms(python: Path, name: str) -> float:
    """Shortest time of ``import name`` in processes of their own, milliseconds."""
    program = (
        "import time; start = time.perf_counter(); "
        f"import {name}; print(1e3 * (time.perf_counter() - start))"
    )
    command = (python, "-c", program)
    return min(float(subprocess.check_output(command, text=True)) for _ in range(RUNS))


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("environment", type=Path)
    environment = parser.parse_args().environment
    (packages,) = environment.glob("lib/python3*/site-packages")
    sizes = size_of(packages)
    for name, size in sorted(sizes.items(), key=lambda item: -item[1])[:8]:
        print(f"{size / 1e6:8.1f} MB  {name}")
    print(f"{sum(sizes.values()) / 1e6:8.1f} MB  in all (wanted: at most {MOST_MB})")
    python = environment / "bin" / "python"
    for name, wanted in (("crystinet", f" (wanted: at most {MOST_MS})"), ("numpy", "")):
        print(f"{import_ms(python, name):8.1f} ms  import {name}{wanted}")


if __name__ == "__main__":
    main()
