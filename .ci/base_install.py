"""Run by .ci/run in an environment with the base package only: it identifies, without extras."""

import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path

EXTRAS = (
    *("torch", "matplotlib", "numba", "onnx", "pyarrow", "rietx", "pybaselines", "pymatgen"),
    *("sklearn", "umap", "tensorboard", "fastapi", "uvicorn", "httpx", "mcp"),
)
CIF = """data_halite
_cell_length_a 5.640
_cell_length_b 5.640
_cell_length_c 5.640
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_space_group_name_H-M_alt 'F m -3 m'
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Na 0 0 0
Cl .5 .5 .5
"""


def crystinet(*words: str) -> str:
    """Run a command of the installed program; its standard output."""
    program = Path(sys.executable).with_name("crystinet")
    return subprocess.run([program, *words], check=True, capture_output=True, text=True).stdout


def main() -> None:
    """Fail loudly where an extra crept in, or a command needs one."""
    present = [name for name in EXTRAS if importlib.util.find_spec(name)]
    if present:
        sys.exit(f"The base install brings {', '.join(present)}.")
    with tempfile.TemporaryDirectory() as folder:
        cif, pattern = Path(folder, "halite.cif"), Path(folder, "halite.xy")
        cif.write_text(CIF, encoding="utf-8")
        (assigned,) = json.loads(crystinet("assign", str(cif), "--json"))["results"]
        crystinet("simulate", str(cif), "-o", str(pattern))
        (answer,) = json.loads(crystinet("identify", str(pattern), "--json"))["results"]
        reason = json.loads(crystinet("explain", str(pattern), "--json"))
    found = (assigned["type"], answer["candidates"][0]["type"], reason["candidate"]["type"])
    if found != ("NaCl", "NaCl", "NaCl"):
        sys.exit(f"Halite was taken for {found[0]} (structure) and {found[1:]} (pattern).")
    if not any(peak["matched"] for peak in reason["peaks"]):
        sys.exit("No line of halite was explained.")
    print("The base install identifies and explains without extras.")


if __name__ == "__main__":
    main()
