"""JSON documents hold no NaN, whatever the result holds."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from crystinet.app.documents import (
    identification_document,
    pattern_document,
    xy_text,
)
from crystinet.app.identify import Answer
from crystinet.app.outcome import Failure, Success
from crystinet.core.errors import UnreadableFileError
from crystinet.core.notes import Note, NoteCode
from crystinet.core.plain import json_text, number
from crystinet.core.radiation import Radiation
from crystinet.model.identification import Candidate, Identification, Verdict
from crystinet.patterns.metadata import Metadata
from crystinet.patterns.pattern import Pattern

RESULT = Identification(
    candidates=(Candidate("NaCl", 15, (), 0.9, 0.8, 0.95, 0.7, 3),),
    candidate_set=("NaCl",),
    verdict=Verdict.KNOWN,
    reason="",
    unknown_score=0.1,
    wavelength_angstrom=1.5406,
    two_theta_range=(10.0, 80.0),
    notes=(Note(NoteCode.ASSUMED_WAVELENGTH, "Cu K-alpha was assumed."),),
    steps=("resampled",),
    model_id="0" * 64,
    model_version="1",
    elapsed_s=0.01,
    metadata=Metadata.of(sample="lot 12", voltage_kv=40.0),
)


def test_numbers_that_json_lacks_become_null() -> None:
    assert number(math.nan) is None
    assert number(-math.inf) is None
    assert number(0.12345678) == 0.123457
    broken = replace(RESULT, unknown_score=math.nan, two_theta_range=(math.nan, math.inf))
    text = json_text(
        identification_document([Success("a.xy", Answer(broken))], model_id="0", model_version="1")
    )
    (entry,) = json.loads(text)["results"]
    assert entry["unknown_score"] is None
    assert entry["two_theta_range"] == [None, None]


def test_document_keeps_order_errors_and_warnings() -> None:
    error = UnreadableFileError("b.bin is binary.", hint="Export it as text.")
    answer = identification_document(
        [Failure("b.bin", error), Success("a.xy", Answer(RESULT))], model_id="0", model_version="1"
    )
    assert answer["results"][0] == {
        "file": "b.bin",
        "ok": False,
        "error": {
            "code": "unreadable-file",
            "message": "b.bin is binary.",
            "hint": "Export it as text.",
        },
    }
    assert answer["results"][1]["warnings"] == ["Cu K-alpha was assumed."]
    assert answer["results"][1]["notes"] == [
        {"code": "assumed-wavelength", "text": "Cu K-alpha was assumed."}
    ]
    assert answer["results"][1]["verdict"] == "known"


def test_json_is_ascii() -> None:
    assert json_text({"file": "größe.xy"}).isascii()
    assert json.loads(json_text({"file": "größe.xy"})) == {"file": "größe.xy"}


def test_simulated_patterns_are_written_with_their_wavelength() -> None:
    pattern = Pattern(
        np.array([20.0, 20.02]), np.array([1.5, 100.0]), Radiation.of_anode("Cu"), name="NaCl"
    )
    first, wavelength, columns, *rows = xy_text(pattern).splitlines()
    assert first == "# Simulated powder pattern of NaCl"
    assert wavelength == "# wavelength = 1.5405929 angstrom"
    assert columns.startswith("#")
    assert [tuple(map(float, row.split())) for row in rows] == [(20.0, 1.5), (20.02, 100.0)]
    document = pattern_document("NaCl.cif", pattern)
    assert document["two_theta"] == [20.0, 20.02]
    assert document["wavelengths_angstrom"] == pytest.approx([1.5405929, 1.5444274])


def test_metadata_stand_beside_the_answer() -> None:
    document = identification_document(
        [Success("a.xy", Answer(RESULT))], model_id="0", model_version="1"
    )
    assert document["results"][0]["metadata"] == {"sample": "lot 12", "voltage_kv": 40.0}
    assert "lot 12" in json_text(document)
