"""The description of the API: what it promises is what is answered, and it changes on purpose."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "tools" / "rest_page.py"
DESCRIBED = json.loads((ROOT / "docs/reference/openapi.json").read_text("utf-8"))
#: Each with requests that fit and, where it takes any parameter or body, with others.
OPERATIONS = [
    (path, method, mode)
    for path, operations in DESCRIBED["paths"].items()
    for method, told in operations.items()
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or "parameters" in told or "requestBody" in told
]
SCHEMA = schemathesis.openapi.from_dict(DESCRIBED)
#: What an address must keep to, whatever is sent.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]


def test_the_description_and_its_page_are_those_of_the_service() -> None:
    """A snapshot: whoever changes the API sees it in the diff of docs/reference/openapi.json."""
    done = subprocess.run(
        [sys.executable, str(TOOL), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_running_service_tells_the_same(client: httpx.Client) -> None:
    assert client.get("/openapi.json").json() == DESCRIBED


@pytest.mark.parametrize(("path", "method", "mode"), OPERATIONS)
def test_what_is_answered_is_what_is_described(
    service: Any, path: str, method: str, mode: GenerationMode
) -> None:
    """No fault and nothing that is not described, for requests that fit and for others."""
    strategy = SCHEMA[path][method].as_strategy(generation_mode=mode)

    @settings(
        max_examples=8,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def ask(case: Any) -> None:
        case.call_and_validate(base_url=service.address, checks=CHECKS)

    ask()
