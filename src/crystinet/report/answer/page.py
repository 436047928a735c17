"""The page of one answer or of many, from a template."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from crystinet.core.plain import Document
from crystinet.model.in_short import told_in_short, told_types
from crystinet.report.answer.curve import Curves, svg_of


@dataclass(frozen=True)
class Reported:
    """A pattern on the page.

    Attributes
    ----------
    entry
        As ``results`` of ``identify --json``; also that of a file that failed.
    curves
        Its picture; None leaves it out.
    fit
        The document of ``refine --json``; None without a fit.
    citation
        A line for the paper; empty where the pattern failed.
    lines_of
        Name of the type whose lines are in the picture.
    """

    entry: Document
    curves: Curves | None = None
    fit: Document | None = None
    citation: str = ""
    lines_of: str = ""


def answer_page(
    reported: Sequence[Reported], *, title: str, provenance: Sequence[tuple[str, str]]
) -> str:
    """HTML of the page: one file, no request, text of files escaped.

    Parameters
    ----------
    reported
        The patterns, in order.
    title
        Of the page.
    provenance
        Names and values for its foot: program, model, time.
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals["told_in_short"] = told_in_short
    environment.globals["told_types"] = told_types
    pictures = [
        None
        if each.curves is None
        else Markup(svg_of(each.curves, label=f"Pattern of {each.entry['file']}"))  # noqa: S704
        for each in reported
    ]
    template = (resources.files(__package__) / "page.html.j2").read_text("utf-8")
    return environment.from_string(template).render(
        reported=list(zip(reported, pictures, strict=True)), title=title, provenance=provenance
    )
