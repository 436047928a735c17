"""How sure the structure types of a table or store are: doubtful cases, collisions, agreement."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from crystinet.core.errors import CorpusError, InvalidStructureError
from crystinet.core.progress import Progress, silent
from crystinet.corpus.compound import Compound
from crystinet.corpus.intake.table import TableRow
from crystinet.corpus.labels.labelling import Row, rows_of
from crystinet.corpus.labels.minerals import Agreement, agreement_with_minerals
from crystinet.crystals.assignment import Assignment, assign
from crystinet.crystals.catalogue import load_catalogue
from crystinet.crystals.matching import Match
from crystinet.work.processes import chunked, map_chunks

#: A structure is far from its reference above this share of the limit, and nearly of a type up to
#: this multiple of it.
FAR, NEARLY = 0.8, 1.3
#: Two types tie if both fit and their distances, in units of their limits, differ by less.
TIE = 0.25

_FROM_SOURCE = "source"
_CHUNK = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """The assignment of one structure, in brief.

    Attributes
    ----------
    code, formula, space_group
        As the source says.
    key
        Space group, Pearson symbol and Wyckoff sequence, as found.
    type_name
        Structure type; empty if there is none.
    nearness
        Distance from the reference in units of the limit; of the nearest type if there is none,
        infinite where that one fails by more than its distance.
    second
        Name of the runner-up or of the nearest type; empty if there is none.
    tie
        Whether the runner-up fits nearly as well.
    label
        Structure type that the source names, in the catalogue's words if it has it.
    """

    code: str
    formula: str
    space_group: int
    key: str
    type_name: str
    nearness: float
    second: str
    tie: bool
    label: str

    @property
    def far(self) -> bool:
        """It has a type, but not by much."""
        return bool(self.type_name) and self.nearness > FAR

    @property
    def nearly(self) -> bool:
        """It has no type, but not by much."""
        return not self.type_name and self.nearness < NEARLY


@dataclass(frozen=True, slots=True)
class TypeAudit:
    """What there is of one type.

    Attributes
    ----------
    name
        Structure type.
    compounds, structures
        Distinct formulas, entries.
    far, ties, nearly
        Entries far from the reference, entries that fit another type nearly as well, and entries
        outside that just miss this type.
    examples
        Codes of some of these.
    """

    name: str
    compounds: int
    structures: int
    far: int
    ties: int
    nearly: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """All that an audit finds.

    Attributes
    ----------
    structures, failed, assigned
        Entries; those that cannot be analysed; those with a type.
    types
        By number of compounds.
    collisions
        For each space group, Pearson symbol and Wyckoff sequence of several types the entries of
        each, "" for none.
    labelled, differing
        Entries whose source names a type, where that or the computed one is in the catalogue; of
        these, entries of another computed type or none, by (label, computed).
    minerals
        Agreement with the table of minerals, over experimental structures; None if not asked for.
    """

    structures: int
    failed: int
    assigned: int
    types: tuple[TypeAudit, ...]
    collisions: Mapping[str, Mapping[str, int]]
    labelled: int
    differing: Mapping[tuple[str, str], int]
    minerals: Agreement | None


def audit(
    path: Path,
    *,
    minerals: bool = False,
    kind: str | None = None,
    workers: int = 2,
    report: Progress = silent,
) -> Audit:
    """Assign every structure anew and look for doubt.

    Parameters
    ----------
    path
        Store or Parquet table.
    minerals
        Also compare minerals with what mineralogy says, see `minerals`.
    kind
        Only structures of this kind, such as ``experimental``.
    workers
        Processes.
    report
        Called now and then.

    Raises
    ------
    CorpusError
        No structure is of the kind.
    CrystinetError
        The file cannot be read.
    """
    kinds: set[str] = set()

    def is_wanted(row: Row) -> bool:
        kinds.add(_kind(row))
        return kind in (None, _kind(row))

    rows = filter(is_wanted, rows_of(path))
    found: list[Finding | None] = []
    for _, part in map_chunks(_findings, chunked(rows, _CHUNK), workers=workers):
        found.extend(part)
        report("assigning types", len(found), 0)
    if kinds and not found:
        raise CorpusError(
            f"No structure of {path} is of the kind {kind!r}.",
            hint=f"There are: {', '.join(sorted(kinds))}.",
        )
    findings = [finding for finding in found if finding is not None]
    return summarise(findings, failed=len(found) - len(findings), minerals=minerals)


def summarise(findings: list[Finding], *, failed: int, minerals: bool) -> Audit:
    """Count findings by type and key."""
    names = {kind.name for kind in load_catalogue()}
    labelled = [f for f in findings if f.label and (f.type_name or f.label in names)]
    return Audit(
        structures=len(findings) + failed,
        failed=failed,
        assigned=sum(bool(finding.type_name) for finding in findings),
        types=_type_audits(findings),
        collisions=_collisions(findings),
        labelled=len(labelled),
        differing=Counter((f.label, f.type_name) for f in labelled if f.label != f.type_name),
        minerals=agreement_with_minerals(
            (f.formula, f.space_group, f.type_name, f.code) for f in findings
        )
        if minerals
        else None,
    )


def _findings(rows: list[Row]) -> list[Finding | None]:
    return [find(row) for row in rows]


def find(row: Row) -> Finding | None:
    """Assign one structure; None if it cannot be analysed."""
    try:
        found = assign(row.structure)
    except InvalidStructureError:
        return None
    code, formula, label = _named_by_source(row)
    own, second = found.match, found.second
    return Finding(
        code=code,
        formula=formula,
        space_group=row.space_group,
        key=f"{found.space_group} | {found.pearson} | {found.wyckoff}",
        type_name=found.type.name if found.type else "",
        nearness=_nearness(found),
        second=second.kind.name if second else "",
        tie=own is not None
        and second is not None
        and not second.problem
        and second.nearness - own.nearness < TIE,
        label=label,
    )


def _nearness(found: Assignment) -> float:
    if found.match is not None:
        return found.match.nearness
    nearest: Match | None = found.second
    return nearest.nearness if nearest is not None and nearest.only_too_far else float("inf")


def _named_by_source(row: Row) -> tuple[str, str, str]:
    """Code, formula and type as the source gives them."""
    if isinstance(row, Compound):
        named = row.type_origin == _FROM_SOURCE
        return row.entry.code, row.entry.formula, row.type_name if named else ""
    if isinstance(row, TableRow):
        return row.source_id, row.formula, ""
    return str(row.id), "", ""


def _kind(row: Row) -> str:
    if isinstance(row, Compound):
        return row.entry.kind
    return row.kind if isinstance(row, TableRow) else ""


def _type_audits(findings: Iterable[Finding]) -> tuple[TypeAudit, ...]:
    members: dict[str, list[Finding]] = defaultdict(list)
    missed: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.type_name:
            members[finding.type_name].append(finding)
        elif finding.nearly:
            missed[finding.second].append(finding)
    audits = []
    for name in members.keys() | missed.keys():
        own, outside = members[name], missed[name]
        doubtful = [f for f in own if f.far or f.tie] + outside
        audits.append(
            TypeAudit(
                name=name,
                compounds=len({finding.formula for finding in own}),
                structures=len(own),
                far=sum(finding.far for finding in own),
                ties=sum(finding.tie for finding in own),
                nearly=len(outside),
                examples=tuple(finding.code for finding in doubtful[:3]),
            )
        )
    return tuple(sorted(audits, key=lambda audit: (-audit.compounds, audit.name)))


def _collisions(findings: Iterable[Finding]) -> dict[str, dict[str, int]]:
    """Entries by type of every key that several types share, the most populated first."""
    by_key: dict[str, Counter[str]] = defaultdict(Counter)
    for finding in findings:
        by_key[finding.key][finding.type_name] += 1
    shared = {key: counts for key, counts in by_key.items() if len(counts.keys() - {""}) > 1}
    ordered = sorted(shared.items(), key=lambda item: (-item[1].total(), item[0]))
    return {key: dict(counts.most_common()) for key, counts in ordered}
