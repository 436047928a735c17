"""/results: answers that are kept, and what can be seen of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from crystinet import read_pattern
from crystinet.app.thinning import thinned

Write = Callable[..., Path]
Ask = Callable[..., dict[str, Any]]
RESULTS = "/api/v1/results"


def test_a_result_is_kept_as_it_was_answered(client: httpx.Client, ask: Ask) -> None:
    entry = ask(client, top=6)
    found = client.get(f"{RESULTS}/{entry['id']}").json()
    assert found["result"] == entry
    assert found["options"]["top"] == 6
    assert len(found["model"]["id"]) == 64


def test_a_result_that_the_client_has_is_not_sent_again(client: httpx.Client, ask: Ask) -> None:
    address = f"{RESULTS}/{ask(client)['id']}"
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get(f"{address}/pattern", params={"points": 40})
    assert (
        client.get(
            f"{address}/pattern",
            params={"points": 41},
            headers={"If-None-Match": other.headers["etag"]},
        ).status_code
        == 200
    )


def test_the_pattern_is_the_measured_one_thinned(
    client: httpx.Client, ask: Ask, pattern_file: Write
) -> None:
    pattern = read_pattern(pattern_file())
    address = f"{RESULTS}/{ask(client)['id']}/pattern"
    whole = client.get(address, params={"points": 100_000}).json()
    assert np.allclose(whole["two_theta"], pattern.two_theta_deg)
    assert np.allclose(whole["intensity"], pattern.intensity)
    few = client.get(address, params={"points": 60}).json()
    assert few["of_points"] == len(pattern.two_theta_deg)
    assert len(few["two_theta"]) == len(few["intensity"]) <= 60
    assert max(few["intensity"]) == max(whole["intensity"])
    assert few["two_theta"][0] == whole["two_theta"][0]


def test_the_structure_of_a_candidate_is_a_cell_full_of_atoms(
    client: httpx.Client, ask: Ask
) -> None:
    id = ask(client, top=6)["id"]
    found = client.get(f"{RESULTS}/{id}/structure", params={"type": "NaCl"}).json()
    assert len(found["atoms"]) == 27
    assert client.get(f"{RESULTS}/{id}/structure", params={"type": "NaCl"}).json() == found
    wrong = client.get(f"{RESULTS}/{id}/structure", params={"type": "no-such"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "unknown-type")


@pytest.mark.parametrize("points", [4, 5, 100, 999])
def test_thinning_keeps_ends_and_the_narrowest_line(points: int) -> None:
    intensity = np.zeros(5000)
    intensity[1234] = 1.0
    rows = thinned(intensity, points)
    assert 1234 in rows
    assert (rows[0], rows[-1]) == (0, 4999)
    assert len(rows) <= points
    assert (np.diff(rows) > 0).all()


def test_what_is_not_there_is_not_found(client: httpx.Client) -> None:
    for path in ("", "/pattern", "/explanation"):
        answer = client.get(f"{RESULTS}/{'0' * 64}{path}")
        assert answer.status_code == 404
        assert answer.json()["code"] == "not-found"
    assert client.get(f"{RESULTS}/nonsense").status_code == 400


def test_results_are_listed_and_deleted(client: httpx.Client, ask: Ask) -> None:
    entry = ask(client, top=8)
    listed = client.get(RESULTS, params={"limit": 1}).json()["results"]
    assert [each["id"] for each in listed] == [entry["id"]]
    assert client.get(RESULTS, params={"verdict": entry["verdict"]}).json()["results"]
    assert client.delete(f"{RESULTS}/{entry['id']}").status_code == 204
    assert client.get(f"{RESULTS}/{entry['id']}").status_code == 404
    assert client.delete(f"{RESULTS}/{entry['id']}").status_code == 404


def test_structures_types_and_models(client: httpx.Client, halite: str) -> None:
    answer = client.post("/api/v1/assign", params={"filename": "a.cif"}, content=halite.encode())
    assert answer.json()["results"][0]["type"] == "NaCl"
    assert client.post("/api/v1/assign", content=b"no CIF").status_code == 422
    drawn = client.post("/api/v1/simulate", params={"anode": "Mo"}, content=halite.encode()).json()
    assert drawn["wavelengths_angstrom"][0] == pytest.approx(0.7093, abs=1e-4)
    assert max(drawn["intensity"]) == 100.0
    assert len(client.get("/api/v1/types").json()["types"]) == 100
    (model,) = client.get("/api/v1/models").json()["models"]
    assert model["name"] == "small"
    assert [entry["type"] for entry in model["types"]][:2] == ["NaCl", "Fluorite-CaF2"]


def test_the_whole_ranking_is_a_vector_in_the_order_of_the_model(
    client: httpx.Client, ask: Ask
) -> None:
    (model,) = client.get("/api/v1/models").json()["models"]
    names = [entry["type"] for entry in model["types"]]
    entry = ask(client, top=10_000)
    found = {each["type"]: each["probability"] for each in entry["candidates"]}
    vector = [found[name] for name in names]
    assert len(vector) == len(found) == 7
    assert sum(vector) == pytest.approx(1.0, abs=1e-4)


def test_a_wrong_address_of_the_page_is_a_page_and_one_of_the_api_a_document(
    client: httpx.Client,
) -> None:
    for accept in ("text/html", "*/*"):
        headers = {"Accept": accept}
        page = client.get("/results/nonsense/compare", headers=headers)
        assert page.status_code == 400
        assert page.headers["content-type"].startswith("text/html") == (accept == "text/html")
        api = client.get("/api/v1/results/nonsense", headers=headers)
        assert (api.status_code, api.json()["code"]) == (400, "invalid-configuration")
