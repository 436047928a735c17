"""The archive for electronic notebooks, judged by the validator of the RO-Crate community.

The context of RO-Crate 1.1, which the validator would fetch, lies in ``vendor`` (public domain,
CC0 1.0, https://w3id.org/ro/crate/1.1/context): the tests ask nobody. The validator wants older
packages than the other tests: `just crate` runs them in an environment of its own.
"""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from crystinet.app.eln import ElnFile, eln_archive

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what judges

CONTEXT = Path(__file__).parent / "vendor" / "ro-crate-1.1-context.jsonld"
#: What is recommended and cannot be known: who measured and publishes it. And parts are a list also
#: where there is one, because readers of the ELN file format go through it.
_LEFT = {"ro-crate-1.1_22.2", "ro-crate-1.1_22.3", "ro-crate-1.1_24.1"}


@pytest.fixture
def crate(tmp_path: Path) -> Path:
    """Return the folder of an unpacked archive."""
    entry = {
        "file": "a b.xy",
        "verdict": "known",
        "candidates": [{"type": "NaCl", "probability": 0.9}],
        "two_theta_range": [10.0, 90.0],
        "wavelength_angstrom": 1.5406,
    }
    files = [
        ElnFile("a b.xy", b"1 2\n", "application/octet-stream", "As it was given.", measured=True),
        ElnFile("answer.json", b"{}", "application/json", "The answer."),
    ]
    archive = eln_archive(
        entry, files, sentence="It is NaCl.", asked_at=1.7e9, model={"id": "ab", "version": "1"}
    )
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        packed.extractall(tmp_path / "crate")
    (folder,) = (tmp_path / "crate").iterdir()
    return folder


def judged(crate: Path, cache: Path) -> dict[str, set[str]]:
    """Requirements that are not met, by their severity."""
    pytest.importorskip("rocrate_validator", reason="needs roc-validator: just crate")
    from requests_cache import CachedSession
    from requests_cache.models import CachedRequest, CachedResponse
    from rocrate_validator import models, services

    url = json.loads(CONTEXT.read_bytes())["@id"]
    with CachedSession(str(cache), backend="sqlite") as session:
        answer: Any = CachedResponse(
            request=CachedRequest(method="GET", url=url),
            status_code=200,
            url=url,
            content=CONTEXT.read_bytes(),
            headers={"Content-Type": "application/ld+json"},
        )
        session.cache.save_response(answer)
    settings = models.ValidationSettings(
        rocrate_uri=str(crate),
        profile_identifier="ro-crate-1.1",
        requirement_severity="RECOMMENDED",
        offline=True,
        cache_path=cache,
    )
    found: dict[str, set[str]] = {"REQUIRED": set(), "RECOMMENDED": set()}
    for issue in services.validate(settings).get_issues():
        found[issue.severity.name].add(issue.check.identifier)
    return found


def test_the_archive_is_a_valid_crate(crate: Path, tmp_path: Path) -> None:
    found = judged(crate, tmp_path / "cache")
    assert found["REQUIRED"] == set()
    assert found["RECOMMENDED"] <= _LEFT


def test_a_word_without_a_meaning_is_noticed(crate: Path, tmp_path: Path) -> None:
    metadata = crate / "ro-crate-metadata.json"
    document = json.loads(metadata.read_text("utf-8"))
    document["@context"] = document["@context"][0]  # without the word for the SHA-256
    metadata.write_text(json.dumps(document), encoding="utf-8")
    assert judged(crate, tmp_path / "cache")["REQUIRED"]
