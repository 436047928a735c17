"""The client: what it sends, and what it says when nothing comes back."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from crystinet.core.errors import ConfigError, CrystinetError, FileMissingError
from crystinet.service.client import Client


def client_of(answer: Callable[[httpx.Request], httpx.Response]) -> Client:
    """Return a client whose service is a function."""
    client = Client("http://here", timeout_s=2.0)
    client._http = httpx.Client(base_url="http://here", transport=httpx.MockTransport(answer))
    return client


def test_lists_arrive_whole_and_what_was_not_given_does_not() -> None:
    asked: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(dict(request.url.params.multi_items()) or json.loads(request.content))
        return httpx.Response(200, json={"results": [], "id": "job"})

    client = client_of(answer)
    given = {"elements": ["Fe", "O"], "range": (5, 65.5), "anode": None, "formula": None}
    client.identify(b"1 2", filename="a.xy", top=7, **given)
    assert asked == [{"filename": "a.xy", "elements": "Fe,O", "range": "5,65.5", "top": "7"}]
    client.submit("batch", [{"upload": "0" * 64}], **given)
    assert asked[1]["options"] == {"elements": "Fe,O", "range": "5,65.5"}


def test_what_is_no_token_or_no_input_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    for wrong in ("", " ", "xnet_\u00e4", "two words", "a\nb"):
        with pytest.raises(ConfigError, match="no token"):
            Client("http://here", token=wrong)
    client = Client("http://here", token=" xnet_a\n")  # noqa: S106
    assert client._http.headers["Authorization"] == "Bearer xnet_a"
    client = client_of(lambda request: httpx.Response(500))
    for inputs in ([tmp_path / "gone.xy"], str(tmp_path / "gone.xy")):
        with pytest.raises(FileMissingError, match="cannot be opened"):
            client.submit("batch", inputs)
    for inputs in ([b"1 2"], [3]):
        with pytest.raises(ConfigError, match="no input of a job"):
            client.submit("batch", inputs)  # type: ignore[arg-type]


def test_a_slow_service_is_not_called_a_missing_one() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow", request=request)

    with pytest.raises(CrystinetError, match="did not answer in 2 s") as caught:
        client_of(answer).identify(b"1 2")
    assert "submit a job" in caught.value.hint
