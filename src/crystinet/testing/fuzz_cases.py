"""The victim of `crystinet.testing.fuzz`: a process that reads damaged files, one after the other.

It takes a case from each line of standard input and answers with a line on standard output. Time
and memory are watched from outside, since what runs away cannot watch itself.
"""

import hashlib
import json
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

import crystinet
from crystinet.app.models import load_model
from crystinet.core.errors import CrystinetError, InternalFaultError
from crystinet.testing.damage import damaged_copies

#: A few structures, for CIF files and stores.
CIF = """data_{name}
_cell_length_a {a}
_cell_length_b {a}
_cell_length_c {a}
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_space_group_name_H-M_alt 'F m -3 m'
_chemical_formula_sum '{one} {two}'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
_atom_site_B_iso_or_equiv
{one}1 {one} 0 0 0 1 0.5
{two}1 {two} 0.5 0.5 0.5 1 0.6
"""
SALTS = (("Na", "Cl", 5.64), ("Mg", "O", 4.21), ("K", "Br", 6.6), ("Li", "F", 4.02))


@dataclass(frozen=True, slots=True)
class Case:
    """A file to be damaged: what kind of thing it is, its name, and the seed of the damage."""

    kind: str
    name: str
    seed: int


def answer_cases() -> None:
    """Answer cases until there are no more. The folder of the samples is the only argument."""
    folder = Path(sys.argv[1])
    # Libraries in C print to standard output, too: what they say goes to standard error.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with answers, tempfile.TemporaryDirectory() as scratch:
        for line in sys.stdin:
            case = Case(**json.loads(line))
            started = time.perf_counter()
            said, trace = _try(case, folder, Path(scratch))
            answer = {"said": said, "trace": trace, "seconds": time.perf_counter() - started}
            print(json.dumps(answer), file=answers, flush=True)


def _try(case: Case, folder: Path, scratch: Path) -> tuple[str, str]:
    """What became of a case: "read", "refused", or a fault with its traceback."""
    try:
        _KINDS[case.kind](case, folder / case.kind / case.name, scratch)
    except InternalFaultError as fault:
        if case.kind == "bundle" and "not finite" in fault.message:
            return "refused", ""  # weights that are wrong, but numbers, may give no answer
        return "fault", traceback.format_exc()
    except CrystinetError:
        return "refused", ""
    except Exception:
        return "fault", traceback.format_exc()
    return "read", ""


def damaged(case: Case, data: bytes) -> bytes:
    """The damaged copy that a case is about, always the same one."""
    (copy,) = damaged_copies(data, count=1, seed=case.seed)
    return copy


def _pattern(case: Case, sample: Path, scratch: Path) -> None:
    path = scratch / case.name
    path.write_bytes(damaged(case, sample.read_bytes()))
    for pattern in crystinet.read_patterns(path)[:2]:
        _check(crystinet.identify(pattern))


def _cif(case: Case, sample: Path, scratch: Path) -> None:
    path = scratch / case.name
    path.write_bytes(damaged(case, sample.read_bytes()))
    for structure in crystinet.read_structures(path)[:2]:
        crystinet.assign(structure)
        pattern = crystinet.simulate(structure)
        _require(bool(np.isfinite(pattern.intensity).all()), "an intensity is not finite")


def _bundle(case: Case, sample: Path, scratch: Path) -> None:
    """One damaged file of a bundle, under the hash that it has then."""
    folder = scratch / "bundle"
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(case.seed)
    names = sorted(path.name for path in sample.iterdir())
    victim = names[rng.integers(len(names))] if rng.random() < 0.5 else "manifest.json"
    for name in names:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(sample / name)
    (folder / victim).unlink()
    (folder / victim).write_bytes(damaged(case, (sample / victim).read_bytes()))
    if victim != "manifest.json":
        table = json.loads((sample / "manifest.json").read_text("utf-8"))
        if victim in table["sha256"]:
            digest = hashlib.sha256((folder / victim).read_bytes()).hexdigest()
            table["sha256"][victim] = digest
        (folder / "manifest.json").unlink()
        (folder / "manifest.json").write_text(json.dumps(table), "utf-8")
    pattern = crystinet.simulate(crystinet.types()[3].reference, counts=3000.0)
    _check(crystinet.identify(pattern, model=folder, beyond=False))


def _store(case: Case, sample: Path, scratch: Path) -> None:
    from crystinet.app import corpus
    from crystinet.corpus.store.store import Store

    path = scratch / "store.sqlite"
    for companion in scratch.glob("store.sqlite*"):
        companion.unlink()
    data, rng = sample.read_bytes(), np.random.default_rng(case.seed)
    if rng.random() < 0.5:  # bytes that are no text, which other damage hardly makes
        copy = bytearray(data)
        for at in rng.integers(100, len(copy), int(rng.integers(1, 40))):
            copy[at] |= 0x80
        path.write_bytes(copy)
    else:
        path.write_bytes(damaged(case, data))
    steps: tuple[Callable[[], Any], ...] = (
        lambda: corpus.count_contents(path),
        lambda: corpus.rank_types(path),
        lambda: corpus.rejected_inputs(path),
        lambda: corpus.write_card(path),
        lambda: corpus.audit(path, workers=1),
        lambda: _read_all(Store.open(path)),
    )
    refused: CrystinetError | None = None
    for step in steps:
        try:
            step()
        except InternalFaultError:
            raise
        except CrystinetError as error:
            refused = error
    if refused is not None:
        raise refused


def _read_all(store: Any) -> None:
    with store:
        for _ in store.compounds():
            pass


def _check(found: "crystinet.Identification") -> None:
    numbers = [found.unknown_score]
    numbers += [n for c in found.candidates for n in (c.probability, c.reliability, c.similarity)]
    _require(bool(np.isfinite(numbers).all()), "an answer is not finite")


def _require(fits: bool, problem: str) -> None:
    if not fits:
        raise AssertionError(problem)


_KINDS: Mapping[str, Callable[[Case, Path, Path], None]] = {
    "pattern": _pattern,
    "cif": _cif,
    "bundle": _bundle,
    "store": _store,
}


def write_samples(folder: Path, *, patterns: Path | None) -> list[tuple[str, str]]:
    """Write good files of every kind; return the kind and the name of each.

    ``patterns`` is a folder with more pattern files.
    """
    from crystinet.app.corpus import add_structures
    from crystinet.model.bundle_files import default_bundle_folder

    for kind in _KINDS:
        (folder / kind).mkdir(parents=True)
    pattern = crystinet.simulate(crystinet.types()[0].reference, counts=2000.0, background=0.05)
    rows = list(zip(pattern.two_theta_deg[::4], pattern.intensity[::4], strict=True))
    lines = [f"{x:.3f} {y:.0f}" for x, y in rows]
    (folder / "pattern/a.xy").write_text("# wavelength = 1.5406\n" + "\n".join(lines))
    (folder / "pattern/a.csv").write_text("2theta,counts\n" + "\n".join(lines).replace(" ", ","))
    for path in sorted(patterns.iterdir()) if patterns else ():
        if path.is_file():
            (folder / "pattern" / path.name).write_bytes(path.read_bytes())
    texts = [CIF.format(name=f"{one}{two}", one=one, two=two, a=a) for one, two, a in SALTS]
    (folder / "cif/one.cif").write_text(texts[0])
    (folder / "cif/all.cif").write_text("\n".join(texts))
    for number, known in enumerate(crystinet.types()[:3], start=1):
        (folder / f"cif/reference {number}.cif").write_text(_cif_text(known.reference))
    add_structures([folder / "cif"], folder / "store/store.sqlite", workers=1)
    (folder / "bundle/default").symlink_to(default_bundle_folder())
    load_model()
    return sorted((path.parent.name, path.name) for path in folder.glob("*/*"))


def _cif_text(structure: "crystinet.Structure") -> str:
    """All atoms of the asymmetric unit, under a Hall symbol."""
    names = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    lines = ["data_reference"]
    lines += [f"_cell_{name} {v}" for name, v in zip(names, structure.cell, strict=True)]
    lines += [f"_space_group_name_Hall '{structure.hall_symbol}'", "loop_"]
    lines += [f"_atom_site_{n}" for n in ("type_symbol", "fract_x", "fract_y", "fract_z")]
    lines += ["_atom_site_occupancy"]
    for site in structure.sites:
        x, y, z = site.xyz
        lines += [f"{name} {x} {y} {z} {share}" for name, share in site.species]
    return "\n".join(lines) + "\n"


def case_line(case: Case) -> str:
    """A case as the process reads it."""
    return json.dumps(asdict(case)) + "\n"


if __name__ == "__main__":
    answer_cases()
