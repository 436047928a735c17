"""The model card: what a bundle is, what it was trained on, and how often it is right."""

from collections.abc import Sequence

from crystinet.evaluation.benchmark.table import BenchmarkRow
from crystinet.evaluation.measured import MeasuredReport
from crystinet.evaluation.simulated import SimulatedReport
from crystinet.model.bundle import Bundle

_INTRODUCTION = """\
# Model card

Written by `crystinet evaluate --dataset DATASET --measured FOLDER --card FILE`; the figures are
those of that run and can be had again with it.

| | |
| --- | --- |
| bundle | `{id}` |
| version | {version} |
| classes | {classes} structure types in {groups} groups, one RCNet each |
| recipe | {recipe} |
| size | {size:.1f} MB |
| trained on | {patterns} patterns rendered on the fly, seed {seed}{earlier} |
| compounds | {compounds} of the classes, {outside} of other structures |
| sources | {sources} |
| data set | SHA-256 `{dataset}` |
| split | 7 : 1 : 2 by compound: the same elements (5 at.% or more) are on one side |
| alpha | {alpha:g}{chosen} |

Use: the structure type of a single-phase inorganic powder, as the start of a refinement. Not for
mixtures, not for organic or metal-organic crystals, and no replacement for a refinement.
"""

_SIMULATED = """
## Simulated patterns of held-out compounds

{protocol}.
Data set of the evaluation: SHA-256 `{dataset}`.

| | this bundle | published method (its own data, split by pattern) |
| --- | --- | --- |
| top-1 | {top1:.1%} | 80.0 % |
| top-3 | {top3:.1%} | |
| mean of the {classes} classes' top-1 | {mean:.1%} | |
| top-1, confidence alone (alpha 0) | {alpha0:.1%} | 65.7 % |
| top-1, alpha 0.7 | {alpha7:.1%} | 80.0 % |
| calibration error of the probability | {ece:.3f} | |
| type in the candidate set (mean size {set_size:.2f}) | {coverage:.1%} | |
| top-1 where the elements are given | {elements} | |
| top-1 where the formula is given | {formula} | |
| known / unknown, accuracy ({outside} patterns of other structures) | {screening:.1%} | 89.1 % |
| known / unknown, AUROC | {auroc:.3f} | |

Of these patterns {known:.1%} are called *known* (the first candidate of {right:.1%} of them is
right), {uncertain:.1%} *uncertain* and {unknown:.1%} *unknown*; of the other structures
{outside_known:.1%} are called *known* and {outside_unknown:.1%} *unknown*.

Most frequent confusions: {confusions}.

Classes below 80 %: {weak}.
"""

_MEASURED = """
## Measured patterns

Single phases of known type and quality; none was used for training. RRUFF patterns are cut at
90 degrees 2theta.

| | patterns | types | top-1 | top-3 | mean over types |
| --- | --- | --- | --- | --- | --- |
| all sources | {n} | {classes} | {top1:.1%} | {top3:.1%} | {mean:.1%} |
| RRUFF patterns of the published method (there 81.3 % of 80) | {rruff_n} | {rruff_classes} | \
{rruff_top1:.1%} | {rruff_top3:.1%} | {rruff_mean:.1%} |

Of {outside} patterns of other types, {not_known:.1%} are not called *known*; of the correct
answers, {known:.1%} are. Of the patterns called *known*, the first candidate of {right:.1%} is
right; the calibration error of its probability is {ece:.3f}, and the type is in the candidate set
of {coverage:.1%}. Of {mixtures} mixtures, {mixed:.1%} are not called *known*.

Taken for another type: {wrong}.
"""


_RIVALS = """
## Rivals without networks

The same patterns, asked of the nearest known compound (1-NN: cosine with the lattice scaled) and of
a search by a list of lines; also without the known compounds of the sample's elements.

| patterns | who is asked | number | top-1 | top-3 |
| --- | --- | --- | --- | --- |
"""

#: Facts of the training that every card states.
_FACTS = ("patterns", "compounds", "outside", "sources", "seed", "dataset_sha256")


def model_card(
    bundle: Bundle,
    *,
    simulated: SimulatedReport | None,
    measured: MeasuredReport | None,
    rivals: Sequence[BenchmarkRow] = (),
) -> str:
    """Markdown text with a section for each report that is given."""
    training = {**dict.fromkeys(_FACTS, "not recorded"), **bundle.training}
    parts = [
        _INTRODUCTION.format(
            id=bundle.id,
            version=bundle.version,
            classes=len(bundle.types),
            groups=len(bundle.group_sizes),
            recipe=training.get("recipe", "default"),
            size=sum(len(data) for data in bundle.files.values()) / 1e6,
            patterns=training["patterns"],
            compounds=training["compounds"],
            outside=training["outside"],
            sources=_sources(training["sources"]),
            seed=training["seed"],
            earlier=_earlier(training.get("earlier_patterns", 0)),
            dataset=training["dataset_sha256"],
            alpha=bundle.calibration.alpha,
            chosen="" if bundle.calibration.winners_of else ", chosen on validation compounds",
        )
    ]
    if simulated is not None:
        parts.append(_simulated_section(simulated))
    if measured is not None:
        parts.append(_measured_section(measured))
    if rivals:
        parts.append(_RIVALS)
        parts += [
            f"| {row.patterns_of} | {row.rival} | {row.patterns} | {row.top1:.1%} | "
            f"{row.top3:.1%} |\n"
            for row in rivals
        ]
    return "".join(parts)


def _earlier(patterns: object) -> str:
    return f"; the first weights came from a run on {patterns} patterns" if patterns else ""


def _sources(counts: object) -> str:
    if not isinstance(counts, dict):
        return "not recorded"
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    return "; ".join(f"{name} {n}" for name, n in ordered)


def _simulated_section(report: SimulatedReport) -> str:
    weak = sorted((share, name, n) for name, (n, share) in report.per_class.items() if share < 0.8)
    return _SIMULATED.format(
        protocol=report.protocol,
        dataset=report.dataset_sha256 or "not recorded",
        top1=report.accuracy.top1,
        top3=report.accuracy.top3,
        classes=report.accuracy.classes,
        mean=report.accuracy.mean_over_classes,
        alpha0=report.by_alpha["0.0"],
        alpha7=report.by_alpha["0.7"],
        ece=report.expected_calibration_error,
        coverage=report.set_coverage,
        set_size=report.set_size,
        elements=f"{report.with_elements.top1:.1%}" if report.with_elements else "not measured",
        formula=f"{report.with_formula.top1:.1%}" if report.with_formula else "not measured",
        known=report.verdicts["known"],
        right=report.verdicts["known, correct"],
        uncertain=report.verdicts["uncertain"],
        unknown=report.verdicts["unknown"],
        outside_known=report.verdicts["other structures, known"],
        outside_unknown=report.verdicts["other structures, unknown"],
        outside=report.screening.patterns,
        screening=report.screening.accuracy,
        auroc=report.screening.auroc,
        confusions="; ".join(f"{t} for {a} ({n})" for t, a, n in report.confusions[:10]) or "none",
        weak=", ".join(f"{name} {share:.0%} of {n}" for share, name, n in weak) or "none",
    )


def _measured_section(report: MeasuredReport) -> str:
    wrong = [
        f"{a.id} ({a.truth} for {a.answer or 'refused'}, place {a.rank}, {a.verdict})"
        for a in report.answers
        if a.truth and a.rank != 1 and not a.mixture
    ]
    return _MEASURED.format(
        n=report.accuracy.patterns,
        classes=report.accuracy.classes,
        top1=report.accuracy.top1,
        top3=report.accuracy.top3,
        mean=report.accuracy.mean_over_classes,
        rruff_n=report.rruff.patterns,
        rruff_classes=report.rruff.classes,
        rruff_top1=report.rruff.top1,
        rruff_top3=report.rruff.top3,
        rruff_mean=report.rruff.mean_over_classes,
        outside=report.outside_patterns,
        not_known=report.outside_not_known,
        known=report.correct_known,
        right=report.known_correct,
        ece=report.calibration_error,
        coverage=report.set_coverage,
        mixtures=report.mixtures,
        mixed=report.mixtures_not_known,
        wrong="; ".join(wrong) or "none",
    )
