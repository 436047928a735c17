"""Structures from servers that speak OPTIMADE, page by page into a store.

Source: the OPTIMADE specification 1.2 (optimade.org). The client is that of the package
``optimade``; requests that fail for a while are repeated, see `polite_session`.
"""

import json
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from crystinet.core.errors import ConfigError, CorpusError
from crystinet.core.extras import need_extra
from crystinet.core.progress import Progress, silent
from crystinet.core.version import __version__
from crystinet.corpus.intake.cif_entries import Overrides
from crystinet.corpus.intake.ingest import CHUNK, Tally, killed, read_inputs
from crystinet.corpus.intake.inputs import Input, Record
from crystinet.corpus.intake.json_records import provider_of
from crystinet.corpus.intake.polite_session import Attempts, polite_session
from crystinet.corpus.store.store import Store
from crystinet.work.processes import Workers, chunked, map_chunks

if TYPE_CHECKING:
    from optimade.client import OptimadeClient

#: What is asked of every structure.
FIELDS = (
    "lattice_vectors",
    "cartesian_site_positions",
    "species",
    "species_at_sites",
    "structure_features",
    "nperiodic_dimensions",
)
#: Structures a page; servers may give fewer.
PAGE = 100
#: Between two requests, seconds, where the server does not ask for more.
PAUSE_S = 0.5


def fetch(
    url: str,
    store: Store,
    *,
    filter_: str = "",
    overrides: Overrides | None = None,
    most: int | None = None,
    pause_s: float = PAUSE_S,
    workers: int | Workers = 1,
    report: Progress = silent,
) -> Tally:
    """Add the structures that a server has to a store; a call that was cut off goes on.

    Parameters
    ----------
    url
        Base address of the database, without the version: ``https://optimade.materialsproject.org``.
    store
        Open for writing. After each page it holds the structures of the page and the address of
        the next one, so that a repeated call with the same address and filter goes on there.
    filter_
        In OPTIMADE's language: ``elements HAS ALL "Ti","O" AND nelements=2``.
    overrides
        Source, licence and kind, where the server does not say or is wrong.
    most
        So many structures at most, rounded up to a page.
    pause_s
        Between two requests, seconds.
    workers
        Number of processes that analyse the structures, or a cluster's.
    report
        Called before the first page and after every one, and with a note, in words, where the
        server makes us wait.

    Raises
    ------
    MissingExtraError
        The package ``optimade`` is not installed.
    ConfigError
        The address or the filter is none.
    CorpusError
        The server does not answer, refuses, or answers with something else than structures. What
        came before is in the store.
    """
    need_extra("optimade", "optimade", what="Fetching from OPTIMADE servers")
    query = json.dumps([url.rstrip("/"), filter_])
    tally, page, done, total = Tally(), store.next_page(query), 0, 0
    attempts = Attempts(lambda note: report("fetching", done, total, note=note))
    _check_address(url)
    report("fetching", done, total, note=f"asking {urlsplit(url).netloc} (Ctrl-C stops)")
    client = _client(url, pause_s, attempts)
    read = partial(read_inputs, overrides=overrides or Overrides())
    while True:
        answer = _page(client, url, filter_, page, attempts)
        items = [_input(each, answer.meta, url) for each in answer.data]
        new = [item for item in items if not store.is_done(item.digest(overrides or Overrides()))]
        tally.known_inputs += len(items) - len(new)
        chunks = chunked(new, CHUNK)
        readings = [
            reading
            for _, some in map_chunks(read, chunks, workers=workers, on_crash=killed)
            for reading in some
        ]
        page = _next_page(answer.links, url)
        added = store.add(readings, fetched=(query, page))
        tally.added += added
        tally.duplicates += sum(len(reading.compounds) for reading in readings) - added
        tally.problems += [problem for reading in readings for problem in reading.problems]
        done += len(items)
        total = int(answer.meta.get("data_returned") or 0)
        report("fetching", done, total)
        if not page or (most is not None and done >= most):
            return tally


def _check_address(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ConfigError(
            f"{url!r} is no address of a server.",
            hint="Give the base address: https://optimade.materialsproject.org.",
        )


def _client(url: str, pause_s: float, attempts: Attempts) -> "OptimadeClient":
    """The package's client over sessions that wait and repeat."""
    from optimade.client import OptimadeClient

    client = OptimadeClient(
        base_urls=[url],
        headers={"User-Agent": f"crystinet/{__version__}"},
        use_async=False,
        silent=True,
        http_client=polite_session(pause_s, attempts),
    )
    # "silent" does not reach what it prints of errors, which are told in our words.
    client._progress.print = lambda *_: None
    return client


def _page(client: "OptimadeClient", url: str, filter_: str, page: str, attempts: Attempts) -> Any:
    """One page of results; the first for an empty address."""
    found = client.get_one(
        "structures",
        filter_,
        url,
        response_fields=list(FIELDS),
        page_limit=PAGE,
        paginate=False,
        override_url=page or None,
    )[url]
    if found.errors and attempts.problem:
        raise CorpusError(
            f"{url} could not be asked: {attempts.problem}.",
            hint="What came before is in the store; repeat the call later, and it goes on there.",
        )
    if found.errors:
        reason = " ".join(str(found.errors[0]).split())
        raise CorpusError(
            f"{url} did not answer as hoped: {reason:.300}",
            hint="What came before is in the store; repeat the call later, and it goes on there. "
            'A filter is OPTIMADE\'s: elements HAS "Ti" AND nelements=2.',
        )
    if not isinstance(found.data, list):
        raise CorpusError(
            f"{url} answers with something else than a list of structures.",
            hint="Give the base address of one database, not that of its list of databases.",
        )
    return found


def _input(resource: Mapping[str, Any], meta: Mapping[str, Any], url: str) -> Input:
    name = resource.get("id", "?") if isinstance(resource, Mapping) else "?"
    return Input(f"{url}, {name}", Record(resource, provider_of({"meta": meta})))


def _next_page(links: Mapping[str, Any], url: str) -> str:
    """Address of the next page; a server may not send us elsewhere than to the web."""
    found = links.get("next")
    address = found.get("href", "") if isinstance(found, Mapping) else found or ""
    if address and urlsplit(str(address)).scheme not in ("http", "https"):
        raise CorpusError(
            f"{url} names {address!r:.100} as its next page, which is no address of the web.",
            hint="What came before is in the store; tell the people who run the server.",
        )
    return str(address)
