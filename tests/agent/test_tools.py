"""The tools as an agent sees them: the SDK's client over standard input and output."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from crystinet.agent.roots import Roots
from crystinet.core.errors import ConfigError, FileMissingError

SOURCE = Path(__file__).parents[2] / "src"
Talk = Callable[[Client], Awaitable[None]]


@pytest.fixture
def root(tmp_path: Path, pattern_file: Callable[..., Path], halite: str) -> Path:
    folder = tmp_path / "data"
    pattern_file("data/good.xy")
    (folder / "halite.cif").write_text(halite)
    (folder / "bad.xy").write_bytes(b"no pattern")
    (tmp_path / "secret.xy").write_bytes((folder / "good.xy").read_bytes())
    (folder / "sub dir").mkdir()
    (folder / "way-out.xy").symlink_to(tmp_path / "secret.xy")
    return folder


def talk(root: Path, say: Talk, *more: str) -> None:
    """Start the command and talk to it."""

    async def run() -> None:
        server = StdioServerParameters(
            command=sys.executable,
            args=["-m", "crystinet", "mcp", "--root", f"xrd={root}", *more],
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
        )
        async with Client(server) as client:
            await say(client)

    asyncio.run(run())


async def call(client: Client, tool: str, **given: Any) -> dict[str, Any]:
    answer = await client.call_tool(tool, given)
    assert not answer.is_error, answer.content
    found: dict[str, Any] = answer.structured_content
    return found


async def refusal(client: Client, tool: str, **given: Any) -> str:
    answer = await client.call_tool(tool, given)
    assert answer.is_error
    text = str(answer.content[0].text)  # type: ignore[union-attr]
    assert "Traceback" not in text
    return text


@pytest.mark.slow
def test_an_agent_lists_identifies_and_reads_the_whole_answer(root: Path) -> None:
    async def say(client: Client) -> None:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert names == {"files", "identify", "explain", "refine", "assign", "types", "nearest"}
        files = await call(client, "files")
        assert files["files"] == ["xrd/bad.xy", "xrd/good.xy", "xrd/halite.cif"]
        found = await call(client, "identify", path="xrd/good.xy", wavelength="Cu")
        (short,) = found["answers"]
        assert short["verdict"] in {"known", "uncertain", "unknown"}
        assert len(short["candidates"]) == 3
        assert len(json.dumps(found)) < 2500
        fitted = await call(client, "identify", path="xrd/good.xy", wavelength="Cu", fit=True)
        fits = [each["fit"] for each in fitted["answers"][0]["candidates"]]
        assert len(fits) == 3
        assert all(fit is None or set(fit) == {"rwp", "verified"} for fit in fits)
        assert any(fits)
        whole = await client.read_resource(found["whole"])
        document = json.loads(whole.contents[0].text)  # type: ignore[union-attr]
        assert document["results"][0]["file"] == "xrd/good.xy"
        assert len(document["results"][0]["candidates"]) == 10
        why = await call(client, "explain", path="xrd/good.xy")
        assert why["rank"] == 1
        assert why["type"] == short["candidates"][0]["type"]
        why = await call(client, "explain", path="xrd/good.xy", wavelength="Mo", elements=["Ti"])
        whole = await client.read_resource(why["whole"])
        explained = json.loads(whole.contents[0].text)  # type: ignore[union-attr]
        assert explained["wavelength_angstrom"] == pytest.approx(0.7093, abs=1e-4)
        near = await call(client, "nearest", path="xrd/good.xy")
        assert len(near["candidates"]) == 3
        assert (await call(client, "assign", path="xrd/halite.cif"))["type"] == "NaCl"
        assert (await call(client, "types", search="rutile"))["types"][0]["type"] == "Rutile-TiO2"

    talk(root, say)


@pytest.mark.slow
def test_errors_are_told_with_their_hint_and_nothing_outside_is_read(root: Path) -> None:
    async def say(client: Client) -> None:
        assert "Hint:" in await refusal(client, "identify", path="xrd/bad.xy")
        assert "`files` lists" in await refusal(client, "identify", path="xrd/gone.xy")
        for path in ("xrd/../secret.xy", "xrd/way-out.xy", "/etc/passwd", "other/a.xy", "xrd//etc"):
            told = await refusal(client, "identify", path=path)
            assert "in no folder that may be read" in told
        await refusal(client, "refine", path="xrd/good.xy", type="Nonsense")
        for tool, path in (("identify", "xrd/sub dir"), ("assign", "xrd/good.xy")):
            told = await refusal(client, tool, path=path)
            assert path in told  # called as the agent calls it
            assert str(root) not in told

    talk(root, say)


def test_roots_confine_what_has_a_name(root: Path, tmp_path: Path) -> None:
    roots = Roots({"xrd": root})
    assert roots.path("xrd/good.xy") == root.resolve() / "good.xy"
    assert "xrd/way-out.xy" not in roots.files()
    for text in ("", "xrd/\0", "good.xy", str(root / "good.xy"), "xrd/" + "a" * 5000):
        with pytest.raises(FileMissingError):
            roots.path(text)
    for text in ("xrd/../secret.xy", "xrd/way-out.xy"):  # both are there
        with pytest.raises(FileMissingError, match="in no folder that may be read"):
            roots.path(text)
    with pytest.raises(ConfigError):
        Roots({})
    with pytest.raises(FileMissingError):
        Roots({"a": tmp_path / "gone"})
