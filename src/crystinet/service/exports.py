"""What can be taken along of an answer, made from what is kept of it."""

import csv
import io
import json
from dataclasses import dataclass
from typing import Any

from crystinet.app.convert import nexus_bytes
from crystinet.app.eln import ElnFile, eln_archive
from crystinet.app.reading import pattern_in
from crystinet.app.reports import MOST_PICTURES, ReportedPattern, publication_line, report_page
from crystinet.app.told import told_in_short, told_types
from crystinet.core.errors import CrystinetError
from crystinet.core.plain import Document, json_text
from crystinet.service.asking import Asked
from crystinet.service.desk import Desk
from crystinet.service.fits import FitAsked, kept_fits
from crystinet.service.state.results import Results, StoredResult
from crystinet.service.views import BEYOND, LINES, lines_of


@dataclass(frozen=True)
class Exporter:
    """Makes files of answers.

    Attributes
    ----------
    results
        Where answers are kept.
    desk
        Where lines are laid on patterns.
    """

    results: Results
    desk: Desk

    def fits(self, result: StoredResult) -> list[tuple[FitAsked, Document]]:
        """All fits that are kept, the one that reports show first."""
        return kept_fits(self.results, result)

    def fit(self, result: StoredResult) -> Document | None:
        """The first of them."""
        return next((document for _, document in self.fits(result)), None)

    def citation(self, result: StoredResult) -> str:
        """A line for the paper."""
        fit = self.fit(result)
        return publication_line(result.document, model_of(result), fit and fit["document"])

    def document(self, result: StoredResult) -> Document:
        """As ``identify --json`` of this pattern alone, with the lattice where one is kept."""
        beyond = self.results.derived(result.id, BEYOND, "")
        entry = {**({} if beyond is None else {"beyond": beyond}), **result.document}
        return {"model": model_of(result), "results": [{**entry, "id": result.id}]}

    def report(self, result: StoredResult) -> str:
        """The page of an answer, which tells when it was given."""
        known = self._reported(result)
        return report_page(self.document(result), [known], made=result.created)

    def batch_report(self, entries: list[Document], model: Document, made: float | None) -> str:
        """The page of a batch; entries without a kept result have no picture.

        ``made`` is when it was finished, seconds since 1970; None where it is not.
        """
        patterns: list[ReportedPattern | None] = []
        for entry in entries:
            known = None
            if entry["ok"] and len(patterns) < MOST_PICTURES:
                try:
                    known = self._reported(self.results.get(entry["id"]), lay_lines=False)
                except CrystinetError:  # deleted in between
                    known = None
            patterns.append(known)
        return report_page({"model": model, "results": entries}, patterns, made=made)

    def _reported(self, result: StoredResult, *, lay_lines: bool = True) -> ReportedPattern:
        fit = self.fit(result)
        lines: tuple[tuple[float, float], ...] = ()
        best = told_in_short(result.document).names[0]
        if lay_lines:
            laid = self._lines(result, best)["lines"]
            lines = tuple((line["two_theta"], line["intensity"]) for line in laid)
        pattern = self._pattern(result)
        if fit is None:
            return ReportedPattern(pattern, lines, lines_of=best)
        return ReportedPattern(pattern, lines, fit["document"], fit["curves"], best)

    def _lines(self, result: StoredResult, best: str) -> Document:
        kept = self.results.derived(result.id, LINES, best)
        if kept is None:
            finder = self.desk.line_finder(Asked.of_json(result.options).model)
            content = self.results.content(result.upload)
            kept = lines_of(result, content, [best], finder)[best]
            self.results.keep_derived(result.id, LINES, {best: kept})
        return kept

    def _pattern(self, result: StoredResult) -> Any:
        return pattern_in(
            self.results.content(result.upload),
            name=result.file,
            question=Asked.of_json(result.options).question(None),
            number=result.number,
        )

    def curves(self, result: StoredResult) -> str:
        """CSV of the measured pattern; of the fit where one is kept."""
        fit = self.fit(result)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        if fit is not None:
            names = ("two_theta", "observed", "calculated", "background", "difference")
            writer.writerow(("two_theta_deg", *names[1:]))
            writer.writerows(zip(*(fit["curves"][name] for name in names), strict=True))
            return text.getvalue()
        pattern = self._pattern(result)
        writer.writerow(("two_theta_deg", "intensity"))
        rows = zip(
            pattern.two_theta_deg[pattern.mask].tolist(),
            pattern.intensity[pattern.mask].tolist(),
            strict=True,
        )
        writer.writerows(rows)
        return text.getvalue()

    def nexus(self, result: StoredResult) -> bytes:
        """NeXus of the measured pattern."""
        return nexus_bytes(self._pattern(result))

    def eln(self, result: StoredResult) -> bytes:
        """The archive for electronic laboratory notebooks."""
        sentence = self.citation(result)
        files = [
            ElnFile(
                result.file,
                self.results.content(result.upload),
                "application/octet-stream",
                "The measured pattern, as it was given.",
                measured=True,
            ),
            ElnFile(
                "answer.json",
                json_text(self.document(result)).encode(),
                "application/json",
                "The answer, for programs.",
            ),
            ElnFile(
                "report.html", self.report(result).encode(), "text/html", "The answer, for people."
            ),
            ElnFile("curves.csv", self.curves(result).encode(), "text/csv", "The curves."),
        ]
        if (fit := self.fit(result)) is not None:
            files += [
                ElnFile(
                    "structure.cif", fit["cif"].encode(), "chemical/x-cif", "The fitted structure."
                ),
                ElnFile(
                    "fit.json",
                    json.dumps(fit["document"], indent=1).encode(),
                    "application/json",
                    "The fit of the whole pattern.",
                ),
            ]
        return eln_archive(
            result.document,
            files,
            sentence=sentence,
            asked_at=result.created,
            model=model_of(result),
        )


def model_of(result: StoredResult) -> Document:
    """Which bundle answered."""
    return {"id": result.model, "version": result.version}


#: Columns of the table of a batch.
_COLUMNS = (
    "file",
    "verdict",
    "type",
    "number",
    "probability",
    "unknown_score",
    "wavelength",
    "error",
)


def batch_table(entries: list[Document]) -> str:
    """CSV of a batch, one line a pattern; text that a spreadsheet would calculate is quoted.

    The type is the one that the answer names first; the verdict is "further" where it is a known
    type beyond those of the bundle.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for entry in entries:
        if not entry["ok"]:
            told = _harmless(entry["error"]["message"])
            writer.writerow((_harmless(entry["file"]), "failed", "", "", "", "", "", told))
            continue
        best = told_types(entry)[0]
        writer.writerow(
            (
                _harmless(entry["file"]),
                told_in_short(entry).standing,
                best.type,
                best.candidate["number"] if best.candidate else "",
                best.probability,
                entry["unknown_score"],
                entry["wavelength_angstrom"],
                "",
            )
        )
    return text.getvalue()


def _harmless(text: str) -> str:
    """A spreadsheet takes what begins so for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
