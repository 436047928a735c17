"""What others wrote: version, licence and hash of each file are those of the manifest."""

import gzip
import hashlib
import json
from pathlib import Path

import httpx
import pytest

from crystinet.service.pages.assets import STATIC

VENDOR = STATIC / "vendor"


def test_every_file_of_others_is_in_the_manifest_with_its_hash() -> None:
    manifest = json.loads((VENDOR / "manifest.json").read_text("utf-8"))
    files: dict[str, str] = {}
    for asset in manifest["assets"]:
        assert asset["version"]
        assert asset["licence"] in ("MIT", "BSD-3-Clause")
        assert asset["licence_file"] in asset["files"]
        files |= asset["files"]
    found = {
        path.name.removesuffix(".gz"): hashlib.sha256(plain(path)).hexdigest()
        for path in VENDOR.iterdir()
        if path.name != "manifest.json"
    }
    assert files == found


def plain(path: Path) -> bytes:
    """Content of a file as others published it."""
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


@pytest.mark.parametrize("accepted", ["gzip", "identity"])
def test_a_file_that_lies_there_compressed_comes_as_it_was_published(
    client: httpx.Client, accepted: str
) -> None:
    answer = client.get("/static/vendor/3Dmol-min.js", headers={"Accept-Encoding": accepted})
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert ("content-encoding" in answer.headers) is (accepted == "gzip")
    assert answer.content == plain(VENDOR / "3Dmol-min.js.gz")
    assert answer.content.startswith(b"/*!")
    for name in ("3Dmol-min.js.gz", "nothing.js"):
        assert client.get(f"/static/vendor/{name}").status_code == 404


def test_no_page_has_scripts_or_styles_of_its_own_or_from_elsewhere() -> None:
    for path in (STATIC.parent / "templates").glob("*.html"):
        text = path.read_text("utf-8")
        assert "style=" not in text
        assert "<style" not in text
        assert " on" + "click" not in text
        assert "http://" not in text.replace("http://www.w3.org", "")
        for part in text.split("<script")[1:]:
            assert "src=" in part.partition(">")[0]


def test_texts_of_strangers_become_no_html() -> None:
    for path in STATIC.glob("*.js"):
        text = path.read_text("utf-8")
        assert "innerHTML" not in text, path
        assert "insertAdjacentHTML" not in text, path
        assert "eval(" not in text, path


def test_the_licences_of_test_tools_lie_beside_them() -> None:
    vendor = Path(__file__).parent / "vendor"
    assert "Mozilla Public License" in (vendor / "axe.LICENSE.txt").read_text("utf-8")


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [("gzip, deflate, br", True), ("br;q=1, GZIP;q=0.5", True), ("gzip;q=0", False), ("", False)],
)
def test_assets_come_compressed_where_that_is_understood_and_only_once(
    client: httpx.Client, accepted: str, packed: bool
) -> None:
    content = (STATIC / "plot.js").read_bytes()
    with client.stream("GET", "/static/plot.js", headers={"Accept-Encoding": accepted}) as answer:
        sent = b"".join(answer.iter_raw())
        assert ("content-encoding" in answer.headers) is packed
    assert (gzip.decompress(sent) if packed else sent) == content
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    again = {"Accept-Encoding": accepted, "If-None-Match": answer.headers["etag"]}
    told = client.get("/static/plot.js", headers=again)
    assert (told.status_code, told.content) == (304, b"")


def test_the_forms_of_an_asset_have_tags_of_their_own(client: httpx.Client) -> None:
    tags = [
        client.get("/static/page.css", headers={"Accept-Encoding": each}).headers["etag"]
        for each in ("gzip", "identity")
    ]
    assert tags[0] != tags[1]
