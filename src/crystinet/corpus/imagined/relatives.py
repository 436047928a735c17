"""A structure type given by one CIF or a few: its members, and relatives invented from them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from crystinet.core.errors import CorpusError, InvalidStructureError, UnknownTypeError
from crystinet.core.progress import Progress, silent
from crystinet.corpus.compound import Problem, reduced_formula
from crystinet.corpus.datasets.build import BuildConfig
from crystinet.corpus.datasets.compute import LinesWanted, compute_lines, dataset_of_lines
from crystinet.corpus.datasets.dataset import INVENTED_SOURCE, Dataset, Member
from crystinet.corpus.imagined.family import Family, Relative
from crystinet.corpus.imagined.hypothetical import ImaginationConfig, imagine
from crystinet.corpus.intake.inputs import containers_of
from crystinet.corpus.splits import Split, compound_key, split_of
from crystinet.crystals.anx import anx_formula
from crystinet.crystals.catalogue import Catalogue, find_type, load_catalogue
from crystinet.crystals.cif import structures_of_cif
from crystinet.crystals.structure import Structure
from crystinet.crystals.structure_type import Definition, StructureType, key_of
from crystinet.crystals.symmetry import Symmetry, analyse

GIVEN = "CIF files"

#: Members of one type differ in the coordination of their sites by less than this, see
#: docs/explanation/assignment.md; the catalogue's limits lie between 0.03 and 0.15.
_TOLERANCE = 0.08
#: With so many compounds a type is split by compound like every other one.
_ENOUGH_TO_SPLIT = 20
#: The one CIF says nothing of how axial ratios vary: standard deviation of ln(b/a) and ln(c/a).
_AXIAL_SCATTER = 0.02
_ROLES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class GivenType:
    """A structure type that somebody names by CIF files.

    Attributes
    ----------
    name
        What it shall be called.
    structures
        Its known members, at least one.
    """

    name: str
    structures: tuple[Structure, ...]


def read_given_type(name: str, path: Path) -> GivenType:
    """Read the structures of a CIF file, or of those in a folder or zip archive.

    Raises
    ------
    CrystinetError
        A file cannot be read: every structure that is named must count.
    """
    structures: list[Structure] = []
    for container in containers_of([path]):
        for item in container.inputs():
            if isinstance(item, Problem) or not isinstance(item.content, bytes):
                message = item.message if isinstance(item, Problem) else "It is a table."
                raise CorpusError(
                    f"{item.origin} gives no structure of {name}: {message}",
                    hint="Name a CIF file, or a folder or zip archive of CIF files.",
                )
            structures += structures_of_cif(item.content, name=item.origin)
    return GivenType(name, tuple(structures))


def kind_of(name: str, members: Sequence[Symmetry]) -> StructureType:
    """The catalogue's type of that name, or a type of our own, defined by its members.

    A structure belongs to a type of our own if its sites and their coordination are those of a
    member; the first member with its space group and Wyckoff letters is the reference.
    """
    try:
        return find_type(name)
    except UnknownTypeError:
        pass
    references: dict[tuple[int, str], Symmetry] = {}
    for member in members:
        references.setdefault(key_of(member), member)
    definitions = tuple(
        Definition(
            reference=reference,
            roles="".join(_ROLES[i % len(_ROLES)] for i in range(len(reference.orbits))),
            tolerance=_TOLERANCE,
        )
        for reference in references.values()
    )
    first = members[0]
    return StructureType(
        name=name,
        number=None,
        group=None,
        merged_into=None,
        extension=True,
        anx=anx_formula(first),
        definitions=definitions,
        reference=first.structure(name),
        source=GIVEN,
    )


@dataclass(frozen=True)
class _Item:
    """A compound before its lines are computed."""

    member: Member
    structure: Structure
    space_group: int


def dataset_of(
    given: GivenType,
    *,
    number: int,
    hypothetical: int,
    seed: int,
    workers: int = 2,
    variants: int = 2,
    report: Progress = silent,
) -> Dataset:
    """Make a data set of a type from its known members and from invented relatives.

    With 20 members or more in different chemical systems, they are split like all compounds.
    With fewer, all of them are trained on, ``hypothetical`` relatives are invented, and some of
    those, in other chemical systems than the rest, are held out.

    Parameters
    ----------
    given
        The type.
    number
        Its class number.
    hypothetical
        Relatives wanted.
    seed
        Decides on everything random.
    workers
        Processes that compute reflections.
    variants
        Of each training compound, see `vary_structure`.
    report
        Called now and then.

    Raises
    ------
    CorpusError
        No structure can be used.
    """
    relatives = [Relative(_analysed(s), s.name) for s in given.structures]
    items = _known_items(given.name, relatives, number=number)
    if len({compound_key(r.amounts) for r in relatives}) < _ENOUGH_TO_SPLIT:
        items += _invented_items(
            given.name, relatives, number=number, count=hypothetical, seed=seed
        )
    config = BuildConfig(variants=variants)
    computed = compute_lines(
        ((item.member, _wanted(item, config, seed=seed)) for item in items),
        config.limits,
        workers=workers,
        chunk=8,
        stage=f"relatives of {given.name}",
        total=len(items),
        report=report,
    )
    compounds = list(computed)
    if not compounds:
        raise CorpusError(
            f"No structure of {given.name} has lines between d = {config.d_min_angstrom:g} "
            "angstrom and infinity.",
            hint="Check the CIF files with `crystinet simulate`.",
        )
    return dataset_of_lines(compounds, d_min_angstrom=config.d_min_angstrom)


def _wanted(item: _Item, config: BuildConfig, *, seed: int) -> LinesWanted:
    return LinesWanted(
        item.structure,
        item.space_group,
        variants=config.variants if item.member.split is Split.TRAIN else 0,
        seed=seed + item.member.row_id,
    )


def _analysed(structure: Structure) -> Symmetry:
    try:
        return analyse(structure)
    except InvalidStructureError as error:
        raise CorpusError(f"{structure.name}: {error.message}", hint=error.hint) from error


def _known_items(name: str, relatives: Sequence[Relative], *, number: int) -> list[_Item]:
    keys = [compound_key(r.amounts) for r in relatives]
    enough = len(set(keys)) >= _ENOUGH_TO_SPLIT
    return [
        _Item(
            Member(
                row_id=i,
                type_name=name,
                class_number=number,
                split=split_of(key) if enough else Split.TRAIN,
                known_experimentally=True,
                source=GIVEN,
                formula=reduced_formula(relative.amounts),
            ),
            relative.symmetry.structure(relative.code),
            relative.symmetry.space_group,
        )
        for i, (key, relative) in enumerate(zip(keys, relatives, strict=True), start=1)
    ]


def _invented_items(
    name: str, relatives: Sequence[Relative], *, number: int, count: int, seed: int
) -> list[_Item]:
    kind = kind_of(name, [r.symmetry for r in relatives])
    catalogue = load_catalogue() if kind in load_catalogue().types else Catalogue((kind,))
    digest = hashlib.sha256(name.encode()).digest()
    rng = np.random.default_rng([seed, int.from_bytes(digest[:4], "big")])
    invented = imagine(
        Family(kind, tuple(relatives)),
        count=count,
        known_keys=frozenset(compound_key(r.amounts) for r in relatives),
        config=ImaginationConfig(),
        rng=rng,
        catalogue=catalogue,
    )
    items = []
    for i, compound in enumerate(invented, start=1):
        symmetry = _with_other_axes(compound.symmetry, rng) if len(relatives) < 3 else None
        symmetry = symmetry or compound.symmetry
        key = compound_key(symmetry.composition)
        member = Member(
            row_id=len(relatives) + i,
            type_name=name,
            class_number=number,
            # A hash of its own: all of them are training compounds by the usual one.
            split=split_of(key, salt="crystinet-relatives-1", test=0.25, validation=0.15),
            known_experimentally=False,
            source=INVENTED_SOURCE,
            formula=compound.formula,
        )
        items.append(_Item(member, symmetry.structure(compound.formula), symmetry.space_group))
    return items


def _with_other_axes(symmetry: Symmetry, rng: np.random.Generator) -> Symmetry:
    """Scatter the axial ratios that the crystal system leaves free, at constant volume."""
    b, c = _AXIAL_SCATTER * rng.standard_normal(2).clip(-2.0, 2.0)
    if symmetry.crystal_system == "cubic":
        return symmetry
    free = symmetry.crystal_system in ("triclinic", "monoclinic", "orthorhombic")
    stretch = np.array([0.0, b if free else 0.0, c])
    factors = np.exp(stretch - stretch.mean())
    a, b, c = (float(edge * f) for edge, f in zip(symmetry.cell[:3], factors, strict=True))
    return replace(symmetry, cell=symmetry.cell._replace(a=a, b=b, c=c))
