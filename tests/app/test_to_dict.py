"""``to_dict`` of what users hold is what the command line prints."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import crystinet
from crystinet.cli import app

Write = Callable[..., Path]


def printed(*words: object) -> dict[str, Any]:
    result = CliRunner().invoke(app, [*map(str, words), "--json"])
    assert result.exit_code == 0, result.stderr
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_of_an_identification(pattern_file: Write, bundle_folder: Path) -> None:
    path = pattern_file("bare.xy", header="")  # the wavelength is assumed: a note
    answer = crystinet.identify(path, model=bundle_folder, top=5)
    document = printed("identify", path, "--model", bundle_folder)
    (entry,) = document["results"]
    told = json.loads(json.dumps(answer.to_dict(), allow_nan=False))
    assert told.pop("model") == document["model"]
    assert told.pop("elapsed_s") > 0.0
    assert told["notes"][0]["code"] == "assumed-wavelength"
    assert told == {
        key: value for key, value in entry.items() if key not in {"file", "ok", "elapsed_s"}
    }
    first = entry["candidates"][0]
    assert first.pop("probability_of_all") == first["probability"]  # no other bundle has a say
    assert answer.candidates[0].to_dict() == first


def test_of_an_explanation(pattern_file: Write, mapped_bundle: Path) -> None:
    path = pattern_file()
    found = crystinet.explain(path, type="AlB2", model=mapped_bundle)
    document = printed("explain", path, "--type", "AlB2", "--model", mapped_bundle)
    assert document.pop("file") == str(path)
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told.keys() == document.keys()
    for key in document.keys() - {"curves", "sensitivity", "peaks"}:
        assert told[key] == document[key], key
    for name, curve in document["curves"].items():
        assert told["curves"][name] == pytest.approx(curve, abs=1e-5)
