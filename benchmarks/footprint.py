"""How much an installation takes on the disk, and how long ``import crystinet`` and a command take.

    python benchmarks/footprint.py .venv

The environment is one with the package installed (``pip install crystinet`` for the base). pip,
setuptools and bytecode are not counted: they are not ours. Times are the shortest of several runs
in a process of their own, beside those of ``python -c pass`` and ``import numpy``.
"""

import argparse
import subprocess
import time
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


def shortest_ms(*command: str | Path) -> float:
    """Shortest wall time of a process, milliseconds."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


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
    nothing = shortest_ms(python, "-c", "pass")
    for name, wanted in (("crystinet", f" (wanted: at most {MOST_MS})"), ("numpy", "")):
        took = shortest_ms(python, "-c", f"import {name}") - nothing
        print(f"{took:8.1f} ms  import {name}{wanted}")


if __name__ == "__main__":
    main()
