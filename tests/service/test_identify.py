"""POST /identify: the command line's document over HTTP, and what is refused."""

import json
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from crystinet.app.models import id_of_bundle
from crystinet.cli import app
from crystinet.core.errors import ConfigError
from crystinet.model.bundle_files import answers_alone, bundle_folder, default_bundle_folder
from crystinet.service.settings import ServiceSettings

Write = Callable[..., Path]
IDENTIFY = "/api/v1/identify"


def ask(client: httpx.Client, content: bytes, **query: object) -> httpx.Response:
    return client.post(IDENTIFY, params={"filename": "good.xy", **query}, content=content)


def same(document: dict[str, Any]) -> dict[str, Any]:
    """A document without what differs from call to call."""
    for entry in document["results"]:
        entry.pop("id", None)
        entry.pop("elapsed_s", None)
        entry["file"] = Path(entry["file"]).name
    return document


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, []),
        ({"wavelength": "0,7093", "top": 7}, ["--wavelength", "0,7093", "--top", "7"]),
        ({"anode": "Co", "range": "25,70"}, ["--anode", "Co", "--range", "25,70"]),
        ({"elements": "Ti,O"}, ["--elements", "Ti,O"]),
        ({"formula": "TiO2"}, ["--formula", "TiO2"]),
    ],
)
def test_the_document_is_that_of_the_command_line(
    client: httpx.Client,
    bundle_folder: Path,
    pattern_file: Write,
    query: dict[str, object],
    words: list[str],
) -> None:
    path = pattern_file()
    answer = ask(client, path.read_bytes(), **query)
    assert answer.status_code == 200
    command = ["identify", str(path), "--json", "--model", str(bundle_folder), *words]
    said = CliRunner().invoke(app, command)
    assert same(answer.json()) == same(json.loads(said.stdout))


@pytest.mark.slow
def test_an_end_with_open_requests_is_no_fault(start: Callable[..., Any], tmp_path: Path) -> None:
    with start(tmp_path) as service:
        port = int(service.address.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=30.0) as half:
            half.sendall(
                b"POST /api/v1/identify HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\nab"
            )
            with service.client() as client:  # so it has read what came before
                assert client.get("/healthz").status_code == 200
            said = service.stop(signal.SIGINT)
            answer = half.recv(4096)
        assert service.process.returncode == 0
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert "Traceback" not in said
        assert "CancelledError" not in said


def test_a_bundle_of_the_package_that_is_named_by_its_id_answers_alone(tmp_path: Path) -> None:
    settings = ServiceSettings(data=tmp_path)
    identity = id_of_bundle(None) or ""
    for pin in (identity[:8], identity[:12].upper(), identity):
        name, bundle = settings.model_of(f"default@{pin}")
        assert name == f"default@{pin.lower()}"
        assert bundle is not None
        assert bundle_folder(bundle) == default_bundle_folder()
        assert answers_alone(bundle)  # as `crystinet identify --model` with the same words
    further = settings.model_of(f"wide@{id_of_bundle(Path('wide'))}")[1]
    assert further is not None
    assert bundle_folder(further) == bundle_folder(Path("wide"))
    for wrong in ("default@", "default@5be5fa5", "default@00000000", "default@zzzzzzzz"):
        with pytest.raises(ConfigError, match="the id"):
            settings.model_of(wrong)


def test_a_model_is_pinned_by_its_id(client: httpx.Client, pattern_file: Write) -> None:
    content = pattern_file().read_bytes()
    (name,) = {each["name"] for each in client.get("/api/v1/models").json()["models"]}
    pin = ask(client, content).json()["model"]["id"][:12]
    assert ask(client, content, model=f"{name}@{pin}").status_code == 200
    refused = ask(client, content, model=f"{name}@0123456789ab")
    assert refused.status_code == 400
    assert pin in refused.text


def test_the_same_question_has_the_same_id_and_another_one_another(
    client: httpx.Client, pattern_file: Write
) -> None:
    content = pattern_file().read_bytes()
    ids = [
        ask(client, content, **query).json()["results"][0]["id"]
        for query in ({}, {}, {"top": 6}, {"filename": "other.xy"}, {"model": "small"})
    ]
    assert ids[0] == ids[1] == ids[4]
    assert len(set(ids)) == 3
    other = ask(client, content + b"# more\n").json()["results"][0]["id"]
    assert other not in ids


def test_several_parts_have_an_entry_each(client: httpx.Client, pattern_file: Write) -> None:
    content = pattern_file().read_bytes()
    files = [("f", ("a.xy", content)), ("f", ("b.bin", b"\x00\x01")), ("g", ("c.xy", content))]
    answer = client.post(IDENTIFY, files=files)
    assert answer.status_code == 200
    entries = answer.json()["results"]
    assert [(entry["file"], entry["ok"]) for entry in entries] == [
        ("a.xy", True),
        ("b.bin", False),
        ("c.xy", True),
    ]
    assert entries[1]["error"]["code"] == "unreadable-file"


@pytest.mark.parametrize(
    ("query", "content", "status", "code"),
    [
        ({}, b"Dear colleague,", 422, "unreadable-file"),
        ({}, b"\n", 422, "unreadable-file"),
        ({}, b"", 400, "invalid-request"),
        ({"wavelength": "blue"}, b"1 2", 422, "invalid-wavelength"),
        ({"wavelength": "-1"}, b"1 2", 422, "invalid-wavelength"),
        ({"wavelength": "1.5", "anode": "Cu"}, b"1 2", 400, "invalid-configuration"),
        ({"elements": "Xx"}, b"1 2", 400, "invalid-configuration"),
        ({"range": "65"}, b"1 2", 400, "invalid-configuration"),
        ({"element": "Ti"}, b"1 2", 400, "invalid-configuration"),  # one letter is missing
        ({"top": 0}, b"1 2", 400, "invalid-configuration"),
        ({"top": "many"}, b"1 2", 400, "invalid-configuration"),
        ({"nearest": -1}, b"1 2", 400, "invalid-configuration"),
        ({"model": "/etc"}, b"1 2", 400, "invalid-configuration"),
        ({"model": "../../default"}, b"1 2", 400, "invalid-configuration"),
    ],
)
def test_what_is_wrong_is_a_problem_with_our_code_and_hint(
    client: httpx.Client, query: dict[str, object], content: bytes, status: int, code: str
) -> None:
    answer = ask(client, content, **query)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["detail"]
    assert problem["hint"]
    assert "Traceback" not in answer.text
