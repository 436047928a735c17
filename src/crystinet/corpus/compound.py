"""The nouns of the store: what a source says (`Entry`), and what becomes of it (`Compound`)."""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import gcd

from crystinet.core.errors import CorpusError
from crystinet.corpus.splits import Split
from crystinet.crystals.structure import Site, Structure

#: Kinds of entries that were measured.
EXPERIMENTAL = "experimental"

#: A site filled less than 1 by this is partly empty.
_ROUNDING = 5e-3

#: Formulas with fractional amounts are written in whole numbers up to so many atoms.
_MOST_ATOMS = 60


@dataclass(frozen=True, slots=True)
class Entry:
    """One structure as its source gives it.

    Attributes
    ----------
    source, code
        The database, and its name for the entry.
    licence
        Terms of use of the source; empty where they are not stated.
    kind
        ``experimental``, ``dft``, ``dft, doped by hand`` or another word of the source.
    known_experimentally
        The compound was made, not only calculated.
    formula
        Reduced formula (`reduced_formula`); empty where the source does not give it in this form.
    label
        Structure type in the words of the source (ICSD), empty where it gives none.
    structure
        In the setting of the source.
    """

    source: str
    code: str
    licence: str
    kind: str
    known_experimentally: bool
    formula: str
    label: str
    structure: Structure

    @property
    def content_hash(self) -> bytes:
        """SHA-256 of the source, its code and the structure, cut to 16 bytes; names left out."""
        content = [
            self.source,
            self.code,
            self.structure.hall_symbol,
            list(self.structure.cell),
            sites_text(self.structure.sites),
        ]
        return hashlib.sha256(json.dumps(content).encode()).digest()[:16]

    @property
    def disordered(self) -> bool:
        """Whether a site is shared or partly empty."""
        return any(
            len(site.species) > 1 or site.occupancy < 1.0 - _ROUNDING
            for site in self.structure.sites
        )


@dataclass(frozen=True, slots=True)
class Compound:
    """One entry with its place in the corpus: symmetry, structure type and split.

    Attributes
    ----------
    entry
        What the source says; its formula is filled in.
    space_group, pearson, wyckoff
        International number, Pearson symbol and canonical Wyckoff sequence, as found.
    anx
        Formula of the kind "AB2X4", see `anx`.
    type_name
        Structure type; empty where there is none.
    type_origin
        ``"source"`` where the source names the type, ``"assigned"`` where it was computed, empty
        where there is none.
    class_number
        1 to 91, or 0 outside the classes.
    evidence
        Why this type, or why none.
    compound_key
        What the split goes by, see `compound_key`.
    split
        Train, validation or test.
    id
        Number in the store; 0 before it is stored.
    isopointal_to
        Name of the type of the catalogue that the structure would have but for one difference,
        such as cations and anions exchanged; empty where there is none. The evidence names it.
    """

    entry: Entry
    space_group: int
    pearson: str
    wyckoff: str
    anx: str
    type_name: str
    type_origin: str
    class_number: int
    evidence: str
    compound_key: str
    split: Split
    id: int = 0
    isopointal_to: str = ""

    @property
    def structure(self) -> Structure:
        """The structure in the setting of the source."""
        return self.entry.structure


@dataclass(frozen=True, slots=True)
class Problem:
    """An input, or a part of it, that the store does not take.

    Attributes
    ----------
    origin
        File, with the member of an archive or the row of a table.
    part
        Data block of a CIF file; empty where the whole input is meant.
    code, message, hint
        Of the error.
    """

    origin: str
    part: str
    code: str
    message: str
    hint: str


def sites_text(sites: tuple[Site, ...]) -> str:
    """Write sites as compact JSON: ``[[[species, occupancy], ...], [x, y, z], label, B]`` each.

    Label and B are left out from the end where they are empty. Python writes floats so that they
    are read back exactly.
    """
    rows = []
    for site in sites:
        row: list[object] = [[list(pair) for pair in site.species], list(site.xyz)]
        if site.label or site.b_iso is not None:
            row.append(site.label)
        if site.b_iso is not None:
            row.append(site.b_iso)
        rows.append(row)
    return json.dumps(rows, separators=(",", ":"), ensure_ascii=False)


def sites_of_text(text: str) -> tuple[Site, ...]:
    """Undo `sites_text`.

    Raises
    ------
    CorpusError
        Where the text is not of that form.
    """
    try:
        sites = []
        for species, (x, y, z), *rest in json.loads(text):
            label = rest[0] if rest else ""
            b_iso = rest[1] if len(rest) > 1 else None
            pairs = tuple((str(name), float(occupancy)) for name, occupancy in species)
            sites.append(Site(pairs, (x, y, z), label, b_iso))
        return tuple(sites)
    except (ValueError, TypeError) as error:
        raise CorpusError(
            f"The sites {text!r:.80} cannot be read: {error}.",
            hint="The store was altered by another program; make it anew with "
            "`crystinet corpus add`.",
        ) from error


def composition_of(formula: str) -> dict[str, float]:
    """Amounts of the elements in a formula such as ``"LiFePO4"`` or ``"Fe0.5Mg49.5O50%"``."""
    amounts: dict[str, float] = defaultdict(float)
    for element, amount in re.findall(r"([A-Z][a-z]?)(\d*\.?\d*)", formula):
        amounts[element] += float(amount) if amount else 1.0
    return dict(amounts)


def reduced_formula(amounts: Mapping[str, float]) -> str:
    """Write a formula with elements in alphabetical order, such as ``"ClNa"``.

    Amounts are the smallest whole numbers that give the atomic fractions to 0.02 %; where they add
    up to more than 60 in a compound with fractional amounts, percent of the atoms with up to two
    decimals and ``%`` at the end (``"Fe0.5Mg49.5O50%"``).
    """
    total = sum(amounts.values())
    shares = {element: amounts[element] / total for element in sorted(amounts)}
    for atoms in (*range(1, _MOST_ATOMS + 1), total):
        whole = {element: round(share * atoms) for element, share in shares.items()}
        if all(abs(n / atoms - shares[element]) < 2e-4 and n for element, n in whole.items()):
            divisor = gcd(*whole.values())
            return "".join(f"{e}{n // divisor if n > divisor else ''}" for e, n in whole.items())
    percent = ((element, f"{100.0 * share:.2f}") for element, share in shares.items())
    return "".join(f"{e}{share.rstrip('0').rstrip('.')}" for e, share in percent) + "%"
