"""The noun `Identifications`: the outcomes of many patterns, worked out as they are asked for."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

from crystinet.app.outcome import Failure, Outcome
from crystinet.core.errors import ConfigError
from crystinet.core.plain import Document
from crystinet.core.shown import data_frame, html_lines, html_table

if TYPE_CHECKING:
    from crystinet.model.identification import Identification

#: Outcomes that are shown of many.
_SHOWN = 10


class Identifications(Sequence["Outcome[Identification]"]):
    """Outcomes of `crystinet.identify_many`, in the order of its sources.

    A loop gets each outcome as soon as it is there. What needs all of them, ``len`` or a table,
    waits until they are.

    Attributes
    ----------
    done
        Those that are worked out so far.

    Examples
    --------
    >>> import crystinet
    >>> good = crystinet.simulate(crystinet.types()[0].reference, counts=5000, seed=1)
    >>> outcomes = crystinet.identify_many([good, "no-such-file.xy"])
    >>> len(outcomes.done), len(outcomes)
    (0, 2)
    >>> [result["ok"] for result in outcomes.to_dict()["results"]]
    [True, False]
    """

    def __init__(
        self,
        outcomes: "Iterator[Outcome[Identification]]",
        *,
        model_id: str,
        model_version: str,
    ) -> None:
        self._source = outcomes
        self._done: list[Outcome[Identification]] = []
        self._interrupted = False
        self._model = {"id": model_id, "version": model_version}

    @property
    def done(self) -> "tuple[Outcome[Identification], ...]":
        """Those that are worked out so far, without working on others."""
        return tuple(self._done)

    def __iter__(self) -> "Iterator[Outcome[Identification]]":
        number = 0
        while number < len(self._done) or self._work_on():
            yield self._done[number]
            number += 1

    def __len__(self) -> int:
        while self._work_on():
            pass
        return len(self._done)

    @overload
    def __getitem__(self, index: int) -> "Outcome[Identification]": ...

    @overload
    def __getitem__(self, index: slice) -> "list[Outcome[Identification]]": ...

    def __getitem__(self, index: int | slice) -> Any:
        wanted = index if isinstance(index, int) else -1
        while (wanted < 0 or len(self._done) <= wanted) and self._work_on():
            pass
        return self._done[index]

    def _work_on(self) -> bool:
        """Work on the next one; False where there is none.

        Raises
        ------
        ConfigError
            The work was interrupted before.
        """
        if self._interrupted:
            raise ConfigError(
                f"The work was interrupted after {len(self._done)} outcomes.",
                hint="They are in `done`. Call identify_many again for all of them.",
            )
        try:
            self._done.append(next(self._source))
        except StopIteration:
            return False
        except BaseException:
            self._interrupted = True
            raise
        return True

    def to_dict(self) -> Document:
        """The document of ``crystinet identify --json``."""
        results = [outcome.to_dict() for outcome in self]
        for result in results:
            result.pop("model", None)  # stands once, above all results
        return {"model": dict(self._model), "results": results}

    def to_dataframe(self) -> Any:
        """A `pandas.DataFrame`, one row a pattern: the columns of ``crystinet identify --csv``.

        Raises
        ------
        MissingExtraError
            pandas is not installed.
        """
        return data_frame([summary_row(outcome) for outcome in self])

    def __repr__(self) -> str:
        rows = [f"  {_line(outcome)}" for outcome in self._done[:_SHOWN]]
        more = len(self._done) - len(rows)
        return "\n".join(
            (
                f"Identifications: {len(self._done)} worked out so far",
                *rows,
                *[f"  ... and {more} more"] * (more > 0),
            )
        )

    def _repr_html_(self) -> str:
        columns = ("file", "verdict", "type", "probability", "error")
        shown = [_cells_of(outcome) for outcome in self]
        return html_lines(f"{len(shown)} patterns") + html_table(columns, shown)


def _line(outcome: "Outcome[Identification]") -> str:
    if isinstance(outcome, Failure):
        return f"{outcome.file}: {outcome.error.code}"
    named, chance = outcome.result.named
    sure = "" if chance is None else f", {100.0 * chance:.1f} %"
    return f"{outcome.file}: {outcome.result.standing}, {named}{sure}"


def _cells_of(outcome: "Outcome[Identification]") -> tuple[str, str, str, str, str]:
    if isinstance(outcome, Failure):
        return outcome.file, "", "", "", outcome.error.message
    named, chance = outcome.result.named
    sure = "" if chance is None else f"{100.0 * chance:.1f} %"
    return outcome.file, outcome.result.standing, named, sure, ""


def summary_row(outcome: "Outcome[Identification]") -> Document:
    """The answer for one pattern in one row; None for what it does not have."""
    row: Document = dict.fromkeys(SUMMARY_COLUMNS)
    row |= {"file": outcome.file, "ok": outcome.ok}
    if isinstance(outcome, Failure):
        return row | {"error_code": outcome.error.code, "error": outcome.error.message}
    found = outcome.result.to_dict()
    first, second = [*found["candidates"], {}][:2]
    low, high = found["two_theta_range"]
    return row | {
        "verdict": found["verdict"],
        "type": first["type"],
        "merged": " / ".join(first["merged"]),
        "number": first["number"],
        "probability": first["probability"],
        "second_type": second.get("type"),
        "second_probability": second.get("probability"),
        "reliability": first["reliability"],
        "unknown_score": found["unknown_score"],
        "wavelength_angstrom": found["wavelength_angstrom"],
        "wavelength_from": found["wavelength_from"],
        "two_theta_min": low,
        "two_theta_max": high,
        "notes": " ".join(note["code"] for note in found["notes"]),
        **_further_columns(found),
        "probability_of_all": first["probability_of_all"],
    }


def _further_columns(found: Document) -> Document:
    """The first further type of an answer, and what is probable of the symmetry."""
    columns: Document = {}
    if further := found.get("further"):
        columns["further_known"] = further["known"]
        for each in further["types"][:1]:
            columns["further_type"] = each["type"]
            columns["further_probability"] = each["probability"]
    if symmetry := found.get("symmetry"):
        columns["crystal_system"] = symmetry["systems"][0]["system"]
        columns["space_group"] = symmetry["space_group"]
    return columns


#: What a row has, in this order.
SUMMARY_COLUMNS = (
    "file", "ok", "verdict", "type", "merged", "number", "probability", "second_type",
    "second_probability", "reliability", "unknown_score", "wavelength_angstrom", "wavelength_from",
    "two_theta_min", "two_theta_max", "notes", "error_code", "error", "further_type",
    "further_probability", "further_known", "crystal_system", "space_group", "probability_of_all",
)  # fmt: skip
