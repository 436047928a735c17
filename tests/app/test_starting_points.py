"""Nearest compounds and lattices, from file to answer."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import crystinet
from crystinet.app.cluster import WorkOrder, identify_chunk, identify_files_on
from crystinet.app.models import load_model
from crystinet.app.outcome import Success
from crystinet.app.question import Question
from crystinet.cli import app
from crystinet.core.errors import ClusterError
from crystinet.core.grid import TwoThetaGrid
from crystinet.corpus.index.index import CompoundIndex, default_index_path
from crystinet.crystals.catalogue import load_catalogue
from crystinet.fit.starting_points import StartOptions

Write = Callable[..., Path]

#: Rutile's own reference: a = 4.594, c = 2.959.
RUTILE = load_catalogue().by_name("Rutile-TiO2").reference


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    path = tmp_path / "rutile.xy"
    grid = TwoThetaGrid(15.0, 0.02, 3750)
    pattern = crystinet.simulate(RUTILE, counts=8000, background=0.02, grid=grid, seed=4)
    rows = np.column_stack([pattern.two_theta_deg, pattern.intensity])
    np.savetxt(path, rows, header="wavelength = 1.5405929", fmt="%.4f")
    return path


def identify(*words: object) -> Result:
    return CliRunner().invoke(app, ["identify", *map(str, words)])


def test_python(sample: Path) -> None:
    points = crystinet.nearest(sample, neighbours=4, candidates=2)
    assert len(points) == 2
    first = points[0]
    assert first.type == "Rutile-TiO2"
    assert first.nearest is not None
    assert "O2Ti" in [n.compound.formula for n in first.nearest]
    assert len(first.nearest) == 4
    assert first.lattice is not None
    assert first.lattice.cell[:3] == pytest.approx(RUTILE.cell[:3], rel=1e-3)
    pattern = crystinet.read_pattern(sample)
    again = crystinet.nearest(pattern, neighbours=4, candidates=2)
    assert again == points
    (only,) = crystinet.nearest(pattern, candidates=1, lattice=False)
    assert only.lattice is None


@pytest.mark.parametrize(
    "wrong",
    [{"neighbours": 0}, {"candidates": 0}, {"index": 3}, {"index": "gone.npz"}, {"anode": "Xy"}],
)
def test_wrong_arguments(sample: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(crystinet.CrystinetError):
        crystinet.nearest(sample, **wrong)  # type: ignore[arg-type]


def test_json(sample: Path) -> None:
    result = identify(sample, "--nearest", 2, "--lattice", "--json")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["index"]["id"] == CompoundIndex.load(default_index_path()).id
    candidates = document["results"][0]["candidates"]
    assert ["nearest" in c for c in candidates] == [True] * 3 + [False] * 2
    assert ["lattice" in c for c in candidates] == [True] * 3 + [False] * 2
    best = candidates[0]
    assert len(best["nearest"]) == 2
    assert set(best["nearest"][0]) == {
        *(
            "formula",
            "readable_formula",
            "type",
            "cell",
            "space_group",
            "source",
            "source_id",
            "licence",
            "kind",
        ),
        *("likeness", "cosine", "scale"),
    }
    assert best["lattice"]["cell"][0] == pytest.approx(RUTILE.cell[0], rel=1e-3)
    assert best["lattice"]["crystal_system"] == "tetragonal"


def test_nothing_changes_for_who_does_not_ask(sample: Path) -> None:
    document = json.loads(identify(sample, "--json").stdout)
    assert "index" not in document
    assert not {"nearest", "lattice"} & set(document["results"][0]["candidates"][0])
    only = json.loads(identify(sample, "--json", "--lattice").stdout)
    assert "nearest" not in only["results"][0]["candidates"][0]
    assert only["results"][0]["candidates"][0]["lattice"] is not None


def test_text(sample: Path) -> None:
    result = identify(sample, "--nearest", 3, "--lattice")
    assert "Known compounds most like it, Rutile-TiO2:" in result.stdout
    assert "Lattice as Rutile-TiO2, tetragonal: a = 4.59" in result.stdout
    assert "of the intensity" in result.stdout


def test_a_pattern_without_lines_has_no_lattice(tmp_path: Path) -> None:
    path = tmp_path / "noise.xy"
    x = np.arange(10.0, 90.0, 0.02)
    counts = np.random.default_rng(0).poisson(200.0, len(x))
    np.savetxt(path, np.column_stack([x, counts]), header="wavelength = 1.5406")
    result = identify(path, "--lattice", "--nearest", 1, "--json")
    assert result.exit_code == 0, result.stderr
    (answer,) = json.loads(result.stdout)["results"]
    assert answer["verdict"] == "unknown"
    assert [c["lattice"] for c in answer["candidates"][:3]] == [None] * 3
    assert "cannot be determined" in identify(path, "--lattice").stdout


def test_own_index(sample: Path, tmp_path: Path) -> None:
    """An index of one type, made from a data set of it, and one that fits no type of the model."""
    shipped = CompoundIndex.load(default_index_path())
    rows = shipped.of_types(["Rutile-TiO2"])[:5]
    parts = [slice(shipped.offsets[i], shipped.offsets[i + 1]) for i in rows]
    own = tmp_path / "own.npz"
    index = CompoundIndex(
        compounds=tuple(shipped.compounds[i] for i in rows),
        offsets=np.cumsum([0, *(p.stop - p.start for p in parts)]),
        hkl=np.concatenate([shipped.hkl[p] for p in parts]),
        strength=np.concatenate([shipped.strength[p] for p in parts]),
    )
    identity = index.save(own)
    document = json.loads(identify(sample, "--nearest", 9, "--index", own, "--json").stdout)
    assert document["index"]["id"] == identity
    nearest = [c["nearest"] for c in document["results"][0]["candidates"][:3]]
    assert [len(found) for found in nearest] == [5, 0, 0]
    assert "holds no known compound" in identify(sample, "--nearest", 1, "--index", own).stdout
    refused = identify(sample, "--index", own)
    assert refused.exit_code == 2
    assert "--nearest" in refused.stderr


def test_an_index_of_other_types_is_refused(
    sample: Path, bundle_folder: Path, tmp_path: Path
) -> None:
    shipped = CompoundIndex.load(default_index_path())
    (row,) = shipped.of_types(["Olivine-Mg2SiO4"])[:1]
    part = slice(shipped.offsets[row], shipped.offsets[row + 1])
    path = tmp_path / "olivine.npz"
    ends = np.array([0, part.stop - part.start])
    compounds = (shipped.compounds[row],)
    CompoundIndex(compounds, ends, shipped.hkl[part], shipped.strength[part]).save(path)
    result = identify(sample, "--nearest", 1, "--index", path, "--model", bundle_folder, "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["code"] == "invalid-corpus"
    assert "types of this model" in result.stderr


def test_processes_give_the_same(sample: Path) -> None:
    options = StartOptions(nearest=2, lattice=True)
    (outcome,) = identify_files_on(1, [sample], Question(starts=options))
    assert isinstance(outcome, Success)
    assert outcome.result.starting_points == crystinet.nearest(sample, neighbours=2)


def test_the_command_that_makes_an_index(tmp_path: Path) -> None:
    cif = tmp_path / "a.cif"
    cif.write_text(
        "data_a\n_cell_length_a 5.64\n_cell_length_b 5.64\n_cell_length_c 5.64\n"
        "_symmetry_space_group_name_H-M 'F m -3 m'\nloop_\n_atom_site_type_symbol\n"
        "_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\nNa 0 0 0\nCl .5 .5 .5\n"
    )
    store, out = tmp_path / "c.sqlite", tmp_path / "i.npz"
    run = CliRunner().invoke
    assert run(app, ["corpus", "add", str(cif), "--store", str(store)]).exit_code == 0
    words = ["corpus", "index", str(store), "-o", str(out), "--workers", "1"]
    result = run(app, words)
    assert result.exit_code == 0, result.stderr
    assert "1 compounds" in result.stderr
    assert CompoundIndex.load(out).compounds[0].formula == "ClNa"
    assert run(app, [*words[:3], "-o", str(tmp_path / "no" / "i.npz")]).exit_code == 2
    assert run(app, ["corpus", "index", "gone.sqlite", "-o", str(out)]).exit_code == 2


def test_a_worker_with_another_index_is_refused(bundle_folder: Path) -> None:
    question = Question(model=bundle_folder, starts=StartOptions())
    order = WorkOrder(question, load_model(bundle_folder).bundle.id, "0" * 64)
    with pytest.raises(ClusterError, match=r"has the index .*, this program 000000000000"):
        identify_chunk([Success("a.xy", b"1 2\n")], order=order)
    gone = replace(order, question=replace(question, index=Path("gone.npz")))
    with pytest.raises(ClusterError, match="cannot load the index"):
        identify_chunk([Success("a.xy", b"1 2\n")], order=gone)
