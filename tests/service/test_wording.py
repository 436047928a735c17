"""How the page writes formulas and names of types, and what it says of an answer first."""

from typing import Any

import pytest

from crystinet.service.exports import batch_table
from crystinet.service.pages.wording import below_headline, formula_parts, headline

NEAREST = "The nearest is AlB2. Why."


def entry(
    verdict: str, sentence: str, *, further: float = 0.0, known: bool = False
) -> dict[str, Any]:
    """An answer with AlB2 (30 %) first of its own types, and a further one."""
    told = f"It is quartz, {100 * further:.0f} %."
    own = {"type": "AlB2", "number": 3, "merged": [], "probability": 0.6, "reliability": 0.5}
    return {
        "file": "a.xy",
        "ok": True,
        "verdict": verdict,
        "sentence": sentence,
        "reason": "Why.",
        "candidates": [{**own, "probability_of_all": 0.3}],
        "unknown_score": 0.1,
        "wavelength_angstrom": 1.5406,
        "further": {
            "known": known,
            "sentence": told if further > 0.2 else "",
            "types": [{"type": "Quartz", "merged": [], "probability": further}] * (further > 0.0),
        },
    }


@pytest.mark.parametrize(
    ("answer", "above", "below", "row"),
    [
        (
            entry("known", "Known type: AlB2 (no. 3), probability 30 %, or CdI2 (12 %). Alike."),
            "This is AlB2.",
            "Probability 30 %, or CdI2 (12 %). Alike.",
            "known,AlB2,3,0.3",
        ),
        (
            entry("unknown", "It is quartz.", further=0.7, known=True),
            "This is Quartz, a further type.",
            "It is quartz, 70 %.",
            "further,Quartz,,0.7",
        ),
        (
            entry("uncertain", "Uncertain: ...", further=0.5),
            "Perhaps Quartz, a further type; look closer before you rely on it.",
            "It is quartz, 50 %. Why.",
            "uncertain,Quartz,,0.5",
        ),
        (
            entry("uncertain", "Uncertain: ...", further=0.1),
            "Perhaps AlB2; look closer before you rely on it.",
            "Why.",
            "uncertain,AlB2,3,0.3",
        ),
        (
            entry("unknown", "Unknown: ...", further=0.25),
            "Probably none of the usual structure types.",
            f"It is quartz, 25 %. {NEAREST}",
            "unknown,AlB2,3,0.3",
        ),
        (
            entry("unknown", "Unknown: ..."),
            "Probably none of the structure types that the program knows.",
            NEAREST,
            "unknown,AlB2,3,0.3",
        ),
    ],
)
def test_the_page_and_the_table_of_a_batch_say_what_the_answer_says(
    answer: dict[str, Any], above: str, below: str, row: str
) -> None:
    assert "".join(headline(answer)) == above
    assert below_headline(answer) == below
    assert batch_table([answer]).splitlines()[1].startswith(f"a.xy,{row},")


@pytest.mark.parametrize(
    ("text", "below"),
    [
        ("TiO2", "2"),
        ("Pr0.7Ca0.2Sr0.1MnO3", "0.7 0.2 0.1 3"),
        ("Perovskite-Ba2LaRuO6", "2 6"),
        ("Ca3(PO4)2", "3 4 2"),
        ("Apatite#-(HE,P63/m)", "3"),
        ("Amphibole-(MO,C12/m1)", ""),
        ("Wurtzite-ZnS(2H)", ""),
        ("NaCl", ""),
    ],
)
def test_numbers_of_a_formula_stand_below_the_line(text: str, below: str) -> None:
    parts = formula_parts(text)
    assert "".join(part for part, _ in parts) == text
    assert " ".join(part for part, lowered in parts if lowered) == below
