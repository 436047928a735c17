"""Extending a bundle as a program would: the built-in bundle, one CIF file, and nothing else."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from crystinet import explain, nearest, refine, simulate
from crystinet.app.extend import CARD, REPORT, Extension, extend, remove
from crystinet.core.errors import BundleError, ConfigError, FileMissingError, UnknownTypeError
from crystinet.model.bundle_files import load_bundle, save_bundle
from crystinet.model.given import json_of_structures
from crystinet.training.extension.extend import ExtensionConfig
from crystinet.training.extension.features import CHUNK, FeatureConfig
from crystinet.training.extension.head import HeadConfig
from crystinet.training.extension.sources import DataConfig

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

MARCASITE = """data_marcasite
_cell_length_a 4.443
_cell_length_b 5.4245
_cell_length_c 3.3871
_symmetry_space_group_name_H-M 'P n n m'
loop_
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Fe 0 0 0
S 0.2 0.378 0
"""
QUICK = ExtensionConfig(
    data=DataConfig(hypothetical=40, workers=1),
    features=FeatureConfig(patterns=3 * CHUNK),
    head=HeadConfig(epochs=8, batch_size=64),
    average_patterns=8,
    calibration_patterns=20,
)


@pytest.fixture(scope="module")
def stages() -> set[str]:
    return set()


@pytest.fixture(scope="module")
def extension(stages: set[str], tmp_path_factory: pytest.TempPathFactory) -> Extension:
    folder = tmp_path_factory.mktemp("extension")
    (folder / "marcasite.cif").write_text(MARCASITE)

    def listen(stage: str, done: int, total: int, *, note: str = "") -> None:
        stages.add(stage)

    return extend(
        "default",
        folder / "larger",
        cifs=[("Marcasite-FeS2", folder / "marcasite.cif")],
        settings=QUICK,
        test_patterns=100,
        version="larger",
        report=listen,
    )


def test_a_type_learned_from_one_structure_is_found_again(
    extension: Extension, stages: set[str]
) -> None:
    new = extension.report.new["Marcasite-FeS2"]
    assert new.simulated
    assert new.top1 >= 0.8
    assert round(100 * extension.report.loss) <= 3  # of 100 patterns
    assert extension.bundle.calibration == load_bundle().calibration
    assert "training" in stages


def test_the_bundle_lies_complete_with_its_report(extension: Extension) -> None:
    folder = extension.folder
    assert load_bundle(folder).id == extension.bundle.id
    assert load_bundle(folder).version == "larger"
    assert not folder.with_name("larger.partial").exists()
    document = json.loads((folder / REPORT).read_text("utf-8"))
    assert document["extended"] == extension.bundle.id
    assert extension.to_dict()["model"] == {"id": extension.bundle.id, "version": "larger"}
    assert extension.to_dict()["new"] == document["new"]
    assert extension.summary in (folder / CARD).read_text("utf-8")


def test_lattice_and_known_compounds_of_a_type_that_no_catalogue_has(
    tmp_path: Path, extension: Extension
) -> None:
    # The bundle as it would be with a name of its own for the type: the catalogue has none then.
    bundle, name = extension.bundle, "my own type"
    given = json_of_structures({name: bundle.given["Marcasite-FeS2"]})
    own = bundle.changed(
        types=tuple(
            replace(entry, name=name) if entry.name == "Marcasite-FeS2" else entry
            for entry in bundle.types
        ),
        files={**bundle.files, "extension-1.given.json": given},
    )
    save_bundle(own, tmp_path / "own")
    (structure,) = own.given[name]
    larger = replace(structure, cell=structure.cell.scaled(1.04))
    pattern = simulate(larger, counts=5000, seed=1)
    why = explain(pattern, type=name, model=tmp_path / "own")
    assert why.lattice_scale == pytest.approx(1.04, abs=2e-3)
    points = nearest(pattern, model=tmp_path / "own", candidates=8)
    point = next(point for point in points if point.type == name)
    assert point.nearest
    assert point.nearest[0].compound.source_id == structure.name
    assert point.lattice
    np.testing.assert_allclose(point.lattice.cell, larger.cell, rtol=2e-3)
    assert point.placement
    assert len(point.placement.lines.hkl) > 10
    # Its atoms are in no index of known compounds.
    (phase,) = refine(pattern, type=name, model=tmp_path / "own").phases
    assert phase.type == name
    assert structure.name in phase.start
    assert phase.verified == "yes"
    np.testing.assert_allclose(phase.cell, larger.cell, rtol=1e-3)
    with pytest.raises(UnknownTypeError, match="No structure type is called 'my own type'"):
        refine(pattern, type=name)


def test_removing_it_gives_the_former_bundle(extension: Extension, tmp_path: Path) -> None:
    reduction = remove(extension.folder, "extension-1", tmp_path / "former")
    assert reduction.former
    assert load_bundle(tmp_path / "former").id == load_bundle().id
    assert reduction.to_dict()["model"]["id"] == load_bundle().id


def test_what_is_refused_leaves_nothing_behind(tmp_path: Path) -> None:
    new, full, file = (tmp_path / name for name in ("new", "full", "file"))
    full.mkdir()
    (full / "something").write_text("")
    file.write_text("")
    with pytest.raises(ConfigError, match="No type to learn"):
        extend("default", new)
    with pytest.raises(ConfigError, match="there is none"):
        extend("default", new, types=["Cr2AlC"])
    (full / "m.cif").write_text(MARCASITE)
    for name, message in (("a\x1b[31mb", "cannot be shown"), ("NaCl", "known"), (" ", "no name")):
        with pytest.raises(ConfigError, match=message):
            extend("default", new, cifs=[(name, full / "m.cif")])
        shutil.rmtree(tmp_path / "new.partial", ignore_errors=True)
    with pytest.raises(BundleError, match="cannot be read"):
        extend(tmp_path / "nothing", new)
    with pytest.raises(ConfigError, match="no added net"):
        remove("default", "extension-1", new)
    for call in (extend, lambda bundle, output: remove(bundle, "extension-1", output)):
        with pytest.raises(ConfigError, match="exists already"):
            call("default", full)
        with pytest.raises(FileMissingError, match="no folder"):
            call("default", file)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "full"]
