"""Write a good file of every instrument format that the tests make, for the break test.

python tools/instrument_samples.py FOLDER
"""

import importlib.util
import sys
from pathlib import Path

CONFTEST = Path(__file__).parents[1] / "tests/patterns/readers/conftest.py"


def main() -> None:
    """Make the folder and the files."""
    spec = importlib.util.spec_from_file_location("instrument_files", CONFTEST)
    assert spec is not None  # noqa: S101
    assert spec.loader is not None  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in module.InstrumentFiles.one_of_each().items():
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
