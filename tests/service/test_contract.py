"""The contract of the design: each address, parameter and status that it promises, line by line."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

DESCRIBED = json.loads(
    (Path(__file__).parents[2] / "docs/reference/openapi.json").read_text("utf-8")
)["paths"]
API = "/api/v1"
ASKED = (
    "filename wavelength anode elements formula range top nearest lattice fit beyond column model"
)
#: Method, address, parameters, and statuses of its own, of which nothing may ever go.
PROMISED = [
    ("post", f"{API}/identify", ASKED, "200 413 422"),
    ("post", f"{API}/uploads", "filename", "201 413"),
    ("post", f"{API}/jobs", "idempotency-key", "202 400 404 409 413 415 429"),
    ("get", f"{API}/jobs", "limit", "200"),
    ("get", f"{API}/jobs/{{id}}", "id", "200 404"),
    ("delete", f"{API}/jobs/{{id}}", "id", "200 204 404"),
    ("get", f"{API}/jobs/{{id}}/events", "id last-event-id", "200 404"),
    ("get", f"{API}/jobs/{{id}}/results", "id cursor", "200 404"),
    ("get", f"{API}/jobs/{{id}}/report.html", "id", "200 404"),
    ("get", f"{API}/jobs/{{id}}/table.csv", "id", "200 404"),
    ("get", f"{API}/results", "limit before verdict", "200"),
    ("get", f"{API}/results/{{id}}", "id", "200 304 404"),
    ("delete", f"{API}/results/{{id}}", "id", "204 404"),
    ("get", f"{API}/results/{{id}}/pattern", "id points", "200 304 404"),
    ("get", f"{API}/results/{{id}}/lines", "id type", "200 304 404"),
    ("get", f"{API}/results/{{id}}/structure", "id type formula phases phase", "200 304 404 422"),
    ("get", f"{API}/results/{{id}}/explanation", "id type score points", "200 304 404"),
    ("get", f"{API}/results/{{id}}/fit", "id type formula phases points", "200 304 404 422 429"),
    ("get", f"{API}/results/{{id}}/report.html", "id", "200 304 404"),
    ("get", f"{API}/results/{{id}}/curves.csv", "id", "200 304 404"),
    ("get", f"{API}/results/{{id}}/pattern.nxs", "id", "200 304 404 422"),
    ("get", f"{API}/results/{{id}}/structure.cif", "id type formula phases", "200 304 404 429"),
    ("get", f"{API}/results/{{id}}/export.eln", "id", "200 304 404"),
    ("post", f"{API}/assign", "filename", "200 413 422"),
    ("post", f"{API}/simulate", "filename wavelength anode fwhm counts seed", "200 413 422"),
    ("get", f"{API}/types", "group all", "200"),
    ("get", f"{API}/models", "", "200"),
    ("delete", f"{API}/models/{{name}}", "name", "204 404 409"),
    ("get", f"{API}/unknowns", "model", "200"),
    ("post", f"{API}/unknowns/{{group}}/name", "group", "200 404"),
    ("get", "/healthz", "", "200"),
    ("get", "/readyz", "", "200 503"),
    ("get", "/metrics", "", "200"),
]


@pytest.mark.parametrize(("method", "path", "parameters", "statuses"), PROMISED)
def test_what_is_promised_is_there(method: str, path: str, parameters: str, statuses: str) -> None:
    told = DESCRIBED[path][method]
    assert set(parameters.split()) <= {each["name"] for each in told.get("parameters", [])}
    assert {*statuses.split(), "400", "401", "403"} <= set(told["responses"])


def test_nothing_is_offered_that_is_not_promised() -> None:
    offered = {(method, path) for path, told in DESCRIBED.items() for method in told}
    added = {
        ("get", f"{API}/results/{{id}}/beyond"),
        ("post", f"{API}/unknowns/{{group}}/compare"),
    }
    assert offered == {(method, path) for method, path, *_ in PROMISED} | added


@pytest.mark.parametrize("view", ["", "/pattern", "/lines", "/structure", "/report.html",
                                  "/curves.csv", "/pattern.nxs", "/export.eln"])  # fmt: skip
def test_a_view_of_a_result_has_a_tag_and_is_not_sent_twice(
    client: httpx.Client, ask: Any, view: str
) -> None:
    path = f"{API}/results/{ask(client, top=7)['id']}{view}"
    query = {"type": "NaCl"} if view == "/lines" else {}
    first = client.get(path, params=query)
    assert first.status_code == 200, first.text
    again = client.get(path, params=query, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get(path, params=query, headers={"If-None-Match": '"another"'})
    assert (other.status_code, other.content) == (200, first.content)
