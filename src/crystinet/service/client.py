"""A thin client of a service, for scripts and for laboratories that run by themselves."""

import json
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from crystinet.core.errors import ConfigError, CrystinetError, FileMissingError
from crystinet.core.extras import need_extra
from crystinet.core.plain import Document

if TYPE_CHECKING:
    import httpx

#: Files of one request that keeps them for a job.
_FILES = 50
#: A busy service is asked again so often.
_TRIES = 5


class Client:
    """A service, from Python; answers are the documents of the REST API.

    Parameters
    ----------
    address
        Of the service.
    token
        From ``crystinet service token``, where the service asks for one.
    timeout_s
        Longest wait for one answer, seconds.

    Raises
    ------
    MissingExtraError
        httpx is not installed: ``pip install "crystinet[client]"``.
    ConfigError
        The token is none.

    Notes
    -----
    All methods raise a `CrystinetError` with the ``code`` and the ``hint`` of the service. One that
    is busy is asked again for a while.

    Examples
    --------
    >>> import crystinet
    >>> with crystinet.Client("http://127.0.0.1:8017") as client:
    ...     address = client.address  # client.identify("sample.xy")["results"][0]["verdict"]
    >>> address
    'http://127.0.0.1:8017'
    """

    def __init__(
        self,
        address: str = "http://127.0.0.1:8017",
        *,
        token: str | None = None,
        timeout_s: float = 60.0,
    ) -> None:
        need_extra("client", "httpx", what="The client")
        import httpx

        headers = {} if token is None else {"Authorization": f"Bearer {_token(token)}"}
        self.address, self._timeout_s = address.rstrip("/"), timeout_s
        self._http = httpx.Client(
            base_url=f"{self.address}/api/v1", headers=headers, timeout=timeout_s
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *caught: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def identify(self, source: str | Path | bytes, **options: Any) -> Document:
        """Rank the structure types that the patterns of a file may have.

        Parameters
        ----------
        source
            A file, or its content.
        options
            ``filename``, ``wavelength``, ``anode``, ``elements``, ``formula``, ``range``, ``top``,
            ``nearest``, ``lattice``, ``fit``, ``beyond``, ``column``, ``model``, as in the REST
            API; elements and range may also be lists, as for `crystinet.identify`.

        Returns
        -------
        The document of ``crystinet identify --json``, with ``id`` in each result.
        """
        content, name = _content(source)
        query = {"filename": name, **_texts(options)}
        return self._document("POST", "/identify", params=query, content=content)

    def assign(self, source: str | Path | bytes, *, filename: str | None = None) -> Document:
        """Find the structure type of a CIF file.

        Parameters
        ----------
        source
            A file, or its content.
        filename
            Name for messages; that of the file unless given.

        Returns
        -------
        The document of ``crystinet assign --json``.
        """
        content, name = _content(source)
        query = {"filename": filename or name}
        return self._document("POST", "/assign", params=query, content=content)

    def result(self, id: str) -> Document:
        """An answer that is kept.

        Parameters
        ----------
        id
            Of the result, as `identify` gives it.

        Returns
        -------
        One entry of the ``results`` of `identify`.
        """
        return self._document("GET", f"/results/{id}")

    def beyond(self, id: str) -> Document:
        """The lattice from the lines alone, of any answer; seconds the first time.

        Parameters
        ----------
        id
            Of the result.

        Returns
        -------
        ``system``, ``sentence`` and ``cells``, as in ``crystinet identify --beyond --json``.
        """
        return self._document("GET", f"/results/{id}/beyond")

    def pattern(self, id: str, *, points: int = 4000) -> Document:
        """The measured pattern of an answer.

        Parameters
        ----------
        id
            Of the result.
        points
            At most so many; a longer pattern is thinned, its lines kept.

        Returns
        -------
        ``two_theta`` in degrees and ``intensity`` as measured, among others.
        """
        return self._document("GET", f"/results/{id}/pattern", params={"points": points})

    def explanation(
        self, id: str, *, type: str | None = None, score: str = "logit", points: int = 4000
    ) -> Document:
        """Why a candidate stands where it stands.

        Parameters
        ----------
        id
            Of the result.
        type
            The candidate, by its name; None takes the answer.
        score
            What the heat is of: "logit" or "share", see `crystinet.explain`.
        points
            At most so many of each curve.

        Returns
        -------
        The document of ``crystinet explain --json``.
        """
        query = {"score": score, "points": points} | ({} if type is None else {"type": type})
        return self._document("GET", f"/results/{id}/explanation", params=query)

    def models(self) -> list[Document]:
        """The bundles of the service, each with its classes in an order that never changes."""
        models: list[Document] = self._document("GET", "/models")["models"]
        return models

    def probabilities(self, source: str | Path | bytes, **options: Any) -> list[float]:
        """Probability of every class of the model: a vector of one shape, for programs.

        Parameters
        ----------
        source
            A file with one pattern, or its content.
        options
            As in `identify`.

        Returns
        -------
        0 to 1, always in the order of the ``types`` of the model in `models`.
        """
        document = self.identify(source, **{**options, "top": 10_000})
        order = next(
            model["types"] for model in self.models() if model["id"] == document["model"]["id"]
        )
        (entry,) = document["results"]
        found = {each["type"]: each["probability"] for each in entry["candidates"]}
        return [found[each["type"]] for each in order]

    def submit(
        self,
        kind: str,
        inputs: str | Path | Mapping[str, str] | Iterable[str | Path | Mapping[str, str]],
        *,
        key: str | None = None,
        **options: Any,
    ) -> str:
        """Queue a job.

        Parameters
        ----------
        kind
            "batch" of files, "explain" or "refine" of results, or "learn" from CIF files.
        inputs
            Files, or inputs as the REST API has them: ``{"result": ID}``; one or many.
        key
            The same key with the same request gives the same job for a day; a new one unless given.
        options
            Of the job.

        Returns
        -------
        The id of the job.
        """
        given = [inputs] if isinstance(inputs, str | Path | Mapping) else list(inputs)
        for each in given:
            if not isinstance(each, str | Path | Mapping):
                raise ConfigError(
                    f"{str(each)[:60]} is no input of a job.",
                    hint='Give files by their paths, or {"result": ID}.',
                )
        files = [Path(each) for each in given if isinstance(each, str | Path)]
        uploads = iter(self._keep(files))
        entries = [dict(each) if isinstance(each, Mapping) else next(uploads) for each in given]
        request = {"kind": kind, "inputs": entries, "options": _texts(options)}
        headers = {"Idempotency-Key": key or secrets.token_hex(16)}
        job: str = self._document("POST", "/jobs", json=request, headers=headers)["id"]
        return job

    def _keep(self, files: list[Path]) -> Iterator[dict[str, str]]:
        for first in range(0, len(files), _FILES):
            part = [("file", (f.name, _read(f))) for f in files[first : first + _FILES]]
            for each in self._document("POST", "/uploads", files=part)["uploads"]:
                yield {"upload": each["upload"], "file": each["file"]}

    def job(self, id: str) -> Document:
        """A job as it stands.

        Parameters
        ----------
        id
            Of the job, as `submit` gives it.

        Returns
        -------
        Its document; ``state`` is queued, running, done, failed or cancelled.
        """
        return self._document("GET", f"/jobs/{id}")

    def wait(self, id: str, *, every_s: float = 0.5) -> Document:
        """Wait for the end of a job.

        Parameters
        ----------
        id
            Of the job, as `submit` gives it.
        every_s
            The service is asked again after so many seconds.

        Returns
        -------
        Its document.
        """
        while (job := self.job(id))["state"] in ("queued", "running"):
            time.sleep(every_s)
        return job

    def results(self, id: str) -> Iterator[Document]:
        """Results of a job so far.

        Parameters
        ----------
        id
            Of the job, as `submit` gives it.

        Returns
        -------
        The entries, in the order in which they came.
        """
        address = f"/jobs/{id}/results"
        while lines := (answer := self._ask("GET", address)).text.splitlines():
            yield from map(json.loads, lines)
            address = answer.links["next"]["url"].removeprefix("/api/v1")

    def cancel(self, id: str) -> None:
        """Cancel a job that is not finished, or delete one that is.

        Parameters
        ----------
        id
            Of the job, as `submit` gives it.
        """
        self._ask("DELETE", f"/jobs/{id}")

    def _document(self, method: str, path: str, **request: Any) -> Document:
        document: Document = self._ask(method, path, **request).json()
        return document

    def _ask(self, method: str, path: str, **request: Any) -> "httpx.Response":
        import httpx

        for left in reversed(range(_TRIES)):
            try:
                answer = self._http.request(method, path, **request)
            except httpx.TimeoutException as error:
                raise CrystinetError(
                    f"The service at {self.address} did not answer in {self._timeout_s:g} s.",
                    hint="It may go on with the work: ask again, give a longer timeout_s, or "
                    "submit a job and wait for it.",
                ) from error
            except httpx.TransportError as error:
                if left and isinstance(error, httpx.ConnectError):
                    time.sleep(0.2)
                    continue
                raise CrystinetError(
                    f"The service at {self.address} cannot be reached: {error}.",
                    hint="Start it with `crystinet serve`, or check the address.",
                ) from error
            if left and answer.status_code in (429, 503):
                time.sleep(min(float(answer.headers.get("Retry-After", "1")), 30.0))
                continue
            if answer.is_success:
                return answer
            raise _error_of(answer)
        raise AssertionError  # the last try returns or raises


def _texts(options: Mapping[str, Any]) -> Document:
    """Options that were given, lists of elements or angles as the REST API has them: "Fe,O"."""
    return {
        name: ",".join(map(str, value)) if isinstance(value, list | tuple) else value
        for name, value in options.items()
        if value is not None
    }


def _content(source: str | Path | bytes) -> tuple[bytes, str]:
    if isinstance(source, bytes):
        return source, "upload"
    path = Path(source)
    return _read(path), path.name


def _token(text: str) -> str:
    """A token that can be sent."""
    token = text.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigError(
            "This is no token.", hint="Give what `crystinet service token FILE NAME` has shown."
        )
    return token


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileMissingError(
            f"{path} cannot be opened: {error.strerror}.", hint="Check the spelling."
        ) from error


def _error_of(answer: "httpx.Response") -> CrystinetError:
    """The error that a service tells."""
    try:
        told = answer.json()
        code, message, hint = told["code"], told["detail"], told["hint"]
    except (ValueError, KeyError, TypeError):
        code, message = "crystinet-error", f"The answer is HTTP {answer.status_code}."
        hint = "Is it a crystinet service that answers at this address?"
    kinds = {kind.code: kind for kind in CrystinetError.__subclasses__()}
    error = kinds.get(code, CrystinetError)(message, hint=hint)
    error.code = code
    return error
