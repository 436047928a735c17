"""What stands before every address: names, origins, tokens, sizes, slow clients."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.responses import PlainTextResponse
from typer.testing import CliRunner

from crystinet.cli import app
from crystinet.core.errors import ConfigError
from crystinet.service.guard import Guard, caller_of
from crystinet.service.problems import Refusal
from crystinet.service.settings import ServiceSettings
from crystinet.service.tokens import Tokens, make_token, remove_token

Ask = Callable[..., dict[str, Any]]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_another_name_is_refused(client: httpx.Client, host: str) -> None:
    """A page elsewhere whose name was made to lead here (DNS rebinding)."""
    for path in ("/", "/api/v1/types", "/healthz"):
        answer = client.get(path, headers={"Host": host})
        assert answer.status_code == 421
        assert answer.json()["code"] == "wrong-host"


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_another_origin_is_refused(client: httpx.Client, origin: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        answer = client.request(method, "/api/v1/types", headers={"Origin": origin})
        assert answer.status_code == 403


def test_our_own_origin_is_served(client: httpx.Client) -> None:
    own = str(client.base_url).rstrip("/")
    assert client.get("/api/v1/types", headers={"Origin": own}).status_code == 200


@pytest.mark.parametrize(("site", "status"), [("cross-site", 403), ("same-site", 403)])
def test_a_form_of_another_site_is_refused(client: httpx.Client, site: str, status: int) -> None:
    """CSRF: a browser says where a form comes from, even where it sends no origin."""
    answer = client.post("/api/v1/identify", content=b"1 2", headers={"Sec-Fetch-Site": site})
    assert answer.status_code == status


@pytest.mark.parametrize("path", ["identify", "jobs", "nothing"])
def test_who_is_refused_while_sending_sees_why(service: Any, path: str) -> None:
    """A connection that is closed over bytes that nobody has read is reset."""
    place = urlsplit(service.address)
    size = 300_000
    head = f"POST /api/v1/{path} HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Length: {size}\r\n"
    with socket.create_connection((place.hostname, place.port), timeout=20) as raw:
        raw.sendall(f"{head}Sec-Fetch-Site: cross-site\r\n\r\n".encode())
        for _ in range(3):
            time.sleep(0.2)  # the answer is there before the body is
            raw.sendall(b"x" * (size // 3))
        told = b"".join(iter(lambda: raw.recv(2**16), b""))
    assert told.startswith(b"HTTP/1.1 403")
    assert b"A page of another site" in told


def test_no_answer_lets_other_pages_read_it(client: httpx.Client) -> None:
    for path in ("/", "/api/v1/types", "/static/page.js", "/nonsense"):
        headers = client.get(path).headers
        assert "access-control-allow-origin" not in headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/static/../guard.py",
        "/static/%2e%2e/guard.py",
        "/static/..%2f..%2f__init__.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/page.js%00.css",
        # This file is there, and its ending is one that is served.
        "/static/../../crystals/data/wyckoff_normalizer.txt",
        "/static/%2e%2e/%2e%2e/crystals/data/wyckoff_normalizer.txt",
        "/static/..%2f..%2fcrystals%2fdata%2fwyckoff_normalizer.txt",
        f"/static/{Path(__file__).parent / 'page/vendor/axe.min.js'}",
    ],
)
def test_no_path_leads_out_of_the_assets(service: Any, path: str) -> None:
    place = urlsplit(service.address)
    with socket.create_connection((place.hostname, place.port), timeout=10) as raw:
        raw.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        head = raw.recv(65536).decode()
    assert head.startswith("HTTP/1.1 404")


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd.xy",
        "..\\..\\boot.xy",
        "a\r\nX-Evil: 1.xy",
        "\x00\x1b[31mred.xy",
        "x" * 900,
    ],
)
def test_a_name_of_a_file_is_text_and_nothing_else(
    client: httpx.Client, ask: Ask, service: Any, name: str
) -> None:
    before = {path.name for path in service.data.iterdir()}
    entry = ask(client, filename=name)
    assert not set(entry["file"]) & set("/\\\r\n\x00\x1b")
    assert len(entry["file"]) <= 200
    assert {path.name for path in service.data.iterdir()} == before
    assert "x-evil" not in client.get(f"/api/v1/results/{entry['id']}").headers


VIEWS = ("", "/pattern", "/report.html", "/curves.csv", "/pattern.nxs", "/export.eln",
         "/structure?type=NaCl", "/lines?type=NaCl")  # fmt: skip


@pytest.mark.parametrize("view", VIEWS)
def test_what_a_client_sends_gets_into_no_header(client: httpx.Client, ask: Ask, view: str) -> None:
    """Neither the name of a file nor what it says of itself: nothing there can break a header."""
    mark = 'evil"; filename=x'
    content = b"# sample: evil\r\n# wavelength = 1.5406\n" + b"".join(
        b"%.2f %d\n" % (10 + n / 20, 100 + (1000 if n % 97 == 5 else n % 7)) for n in range(1500)
    )
    entry = ask(client, content=content, filename=f"{mark}\r\nX-Evil: 1.xy", top=9)
    assert "evil" in entry["file"]
    answer = client.get(f"/api/v1/results/{entry['id']}{view}")
    assert answer.status_code == 200, answer.text
    assert "evil" not in str(answer.headers).lower()


def test_what_a_file_says_of_itself_stays_text(client: httpx.Client, ask: Ask) -> None:
    entry = ask(client, filename="<script>alert(1)</script>.xy")
    answer = client.get(f"/api/v1/results/{entry['id']}")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_too_large_is_told_before_it_has_come(service: Any) -> None:
    place = urlsplit(service.address)
    with socket.create_connection((place.hostname, place.port), timeout=10) as raw:
        started = time.monotonic()
        raw.sendall(
            b"POST /api/v1/identify HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Length: 200000000\r\n\r\n"
        )
        head = b"".join(iter(lambda: raw.recv(65536), b"")).decode()  # until it hangs up
    assert head.startswith("HTTP/1.1 413")
    assert '"code":"too-large"' in head.replace(" ", "")
    assert time.monotonic() - started < 5.0


def test_too_large_is_told_while_it_comes_in_chunks(service: Any) -> None:
    place = urlsplit(service.address)
    sent, piece = 0, b"100000\r\n" + b"1" * 2**20 + b"\r\n"
    head = b""
    with socket.create_connection((place.hostname, place.port), timeout=20) as raw:
        raw.sendall(
            b"POST /api/v1/identify HTTP/1.1\r\nHost: localhost\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        try:
            while sent < 400:
                raw.sendall(piece)
                sent += 1
        except OSError:  # the service has hung up
            pass
        try:
            head = raw.recv(65536)
        except OSError:
            head = b""
    assert sent < 200
    assert head.startswith(b"HTTP/1.1 413") or not head


def test_a_public_address_needs_tokens(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no tokens") as caught:
        ServiceSettings(data=tmp_path, host="0.0.0.0")  # noqa: S104
    assert "crystinet service token" in caught.value.hint
    told = CliRunner().invoke(app, ["serve", "--host", "0.0.0.0", "--data", str(tmp_path)])  # noqa: S104
    assert told.exit_code == 2
    ServiceSettings(data=tmp_path, host="0.0.0.0", tokens=tmp_path / "t.json")  # noqa: S104


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    path = tmp_path_factory.mktemp("tokens") / "tokens.json"
    made = {name: make_token(path, name, [name]) for name in ("read", "submit")}
    made["all"] = make_token(path, "all", ["read", "submit", "admin"])
    return {"file": str(path), **made}


@pytest.fixture(scope="module")
def guarded(
    start: Any,
    tokens: dict[str, str],
    bundle_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Any]:
    data = tmp_path_factory.mktemp("guarded")
    with start(data, "--tokens", tokens["file"], "--model", f"small={bundle_folder}") as found:
        yield found


def test_tokens_allow_what_their_scopes_say(guarded: Any, tokens: dict[str, str], ask: Ask) -> None:
    with guarded.client() as client:
        nobody = client.get("/api/v1/types")
        assert nobody.status_code == 401
        assert nobody.headers["www-authenticate"].startswith("Bearer")
        wrong = client.get("/api/v1/types", headers={"Authorization": "Bearer xnet_wrong"})
        assert wrong.status_code == 401
        assert client.get("/healthz").status_code == 200
        headers = {
            name: {"Authorization": f"Bearer {tokens[name]}"} for name in ("read", "submit", "all")
        }
        assert client.get("/api/v1/types", headers=headers["read"]).status_code == 200
        refused = client.post("/api/v1/identify", content=b"1 2", headers=headers["read"])
        assert refused.status_code == 403
        assert client.get("/api/v1/types", headers=headers["submit"]).status_code == 403
        learn = {"kind": "learn", "inputs": [{"upload": "0" * 64}], "options": {"type": "A"}}
        refused = client.post("/api/v1/jobs", json=learn, headers=headers["submit"])
        assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")
        client.headers.update(headers["all"])
        entry = ask(client)
        address = f"/api/v1/results/{entry['id']}"
        assert client.delete(address, headers=headers["submit"]).status_code == 403
        assert client.delete(address, headers=headers["all"]).status_code == 204


def test_a_browser_keeps_its_token_in_a_cookie_that_scripts_cannot_read(
    guarded: Any, tokens: dict[str, str]
) -> None:
    with guarded.client() as client:
        html = {"Accept": "text/html"}
        sent = client.get("/", headers=html)
        assert (sent.status_code, sent.headers["location"]) == (303, "/login")
        assert client.post("/login", data={"token": "xnet_wrong"}).status_code == 401
        answer = client.post("/login", data={"token": f" {tokens['read']}\n"})  # as it was copied
        assert answer.status_code == 303
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert client.get("/", headers=html).status_code == 200


def test_a_token_is_kept_as_a_hash_and_can_be_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    token = make_token(path, "anna")
    assert token not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    known = Tokens(path)
    caller = known.caller_of(token)
    assert caller is not None
    assert (caller.name, caller.scopes) == ("anna", frozenset({"read", "submit"}))
    assert known.caller_of(token + "x") is None
    with pytest.raises(ConfigError, match="already"):
        make_token(path, "anna")
    for scopes, told in ((["everything"], "'everything' is no scope"), ([""], "No scope is given")):
        with pytest.raises(ConfigError, match=told):
            make_token(path, "bert", scopes)
    remove_token(path, "anna")
    assert known.caller_of(token) is None
    with pytest.raises(ConfigError, match="no token"):
        remove_token(path, "anna")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "Expecting"),
        ("{}", "it has no list of tokens"),
        ("[]", "it has no list of tokens"),
        ('{"tokens": [1]}', "the entry 1 is none"),
        ('{"tokens": [{"name": "a"}]}', "an entry has no 'sha256'"),
    ],
)
def test_what_is_no_file_of_tokens_is_told(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "tokens.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=told):
        Tokens(path)


def test_a_file_of_tokens_that_broke_is_no_fault_of_who_asks(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    token = make_token(path, "anna")
    known = Tokens(path)
    path.write_text("broken")
    with pytest.raises(Refusal) as caught:
        caller_of(known, token)
    assert caught.value.status == 503
    assert str(path) not in caught.value.message


def test_a_service_for_all_addresses_is_called_by_them(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    make_token(path, "anna")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse("here")(scope, receive, send)

    def status(host: str, name: str) -> int:
        settings = ServiceSettings(data=tmp_path, host=host, tokens=path)

        async def ask() -> int:
            transport = httpx.ASGITransport(Guard(app, settings, None))
            async with httpx.AsyncClient(transport=transport) as client:
                return (await client.get(f"http://{name}:8017/")).status_code

        return asyncio.run(ask())

    for name in ("192.168.1.5", "[fe80::1]", socket.gethostname(), "localhost"):
        assert status("0.0.0.0", name) == 200  # noqa: S104
    assert status("0.0.0.0", "elsewhere.example") == 421  # noqa: S104
    assert status("127.0.0.1", "192.168.1.5") == 421


def test_all_hashes_are_compared_whichever_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the time of a refusal says nothing about the tokens."""
    import hmac

    path = tmp_path / "tokens.json"
    first, *_ = [make_token(path, f"token-{n}") for n in range(5)]
    known, compared = Tokens(path), []
    real = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: compared.append(a) or real(a, b))
    assert known.caller_of(first) is not None
    assert known.caller_of("xnet_nobody") is None
    assert len(compared) == 10


def test_a_head_that_never_ends_loses_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow client, against the protocol itself with its patience shortened."""
    import uvicorn

    from crystinet.service import server

    monkeypatch.setattr(server, "_HEAD_S", 0.2)

    async def talk() -> tuple[bytes, bytes]:
        async def answer(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})

        config = uvicorn.Config(answer, http=server.ImpatientProtocol, lifespan="off")
        config.load()
        state = uvicorn.Server(config).server_state
        loop = asyncio.get_running_loop()
        made = await loop.create_server(
            lambda: server.ImpatientProtocol(config=config, server_state=state, app_state={}),
            "127.0.0.1",
            0,
        )
        port = made.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        good = await reader.readuntil(b"\r\n")
        writer.write(b"GET / HTTP/1.1\r\nX-Slow: ")
        rest = await asyncio.wait_for(reader.read(), 5.0)  # ends, since the service hangs up
        writer.close()
        made.close()
        return good, rest

    good, rest = asyncio.run(talk())
    assert b"204" in good
    assert b"HTTP/1.1" not in rest


@pytest.mark.slow
def test_slow_clients_of_a_running_service_lose_their_connections(service: Any) -> None:
    """With the patience that the service really has: 15 s for a head, 20 s for the next byte."""
    place = urlsplit(service.address)
    address = (place.hostname, place.port)
    with (
        socket.create_connection(address, timeout=45) as head,
        socket.create_connection(address, timeout=45) as body,
        socket.create_connection(address, timeout=45) as done,
    ):
        head.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        start = b"POST /api/v1/identify HTTP/1.1\r\nHost: localhost\r\n"
        body.sendall(start + b"Content-Length: 1000\r\n\r\n10 20\n")
        done.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert done.recv(65536).startswith(b"HTTP/1.1 200")
        assert head.recv(65536) == b""  # it hung up, and never answered
        told = b"".join(iter(lambda: body.recv(65536), b""))
        assert told.startswith(b"HTTP/1.1 408")
        assert b"too-slow" in told


def test_a_body_that_stops_or_trickles_is_given_up() -> None:
    """Against the guard itself, with its patience shortened."""
    import asyncio

    from starlette.datastructures import Headers

    from crystinet.service.guard import Body
    from crystinet.service.problems import Refusal
    from crystinet.service.settings import Limits

    limits = Limits(idle_s=0.05, least_bytes_per_s=1e6)
    headers = Headers({"content-length": "100"})

    async def never() -> Any:
        await asyncio.sleep(10.0)

    async def trickle() -> Any:
        await asyncio.sleep(0.03)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def read(receive: Any) -> None:
        body = Body(receive, headers, limits)
        for _ in range(50):
            await body.receive()

    for receive, told in ((never, "Nothing came"), (trickle, "bytes came in")):
        with pytest.raises(Refusal, match=told) as caught:
            asyncio.run(read(receive))
        assert caught.value.status == 408


def bomb() -> bytes:
    """A ZIP of a few hundred kB that says it is a BRML and unpacks to 300 MB."""
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("DataContainer.xml", "<a/>")
        archive.writestr("Experiment0/RawData0.xml", b"0" * (300 * 2**20))
    return buffer.getvalue()


def test_a_zip_that_unpacks_to_very_much_is_refused(client: httpx.Client, service: Any) -> None:
    content = bomb()
    assert len(content) < 2**20
    before = peak_mb(service)
    answer = client.post(
        "/api/v1/identify", params={"filename": "a.brml"}, content=content, timeout=120.0
    )
    assert answer.status_code == 422
    assert answer.json()["code"] == "unreadable-file"
    assert peak_mb(service) - before < 250.0


def peak_mb(service: Any) -> float:
    """Largest resident set of the service, MB."""
    status = Path(f"/proc/{service.process.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024.0


def test_a_gzip_that_unpacks_to_very_much_is_refused(client: httpx.Client) -> None:
    import gzip

    content = gzip.compress(b"1 2\n" * (60 * 2**20), compresslevel=9)
    answer = client.post(
        "/api/v1/identify", params={"filename": "a.xy.gz"}, content=content, timeout=120.0
    )
    assert answer.status_code == 422
    assert "limit" in answer.json()["detail"]
