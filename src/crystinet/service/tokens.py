"""Tokens: who may do what. The file holds hashes; a token is shown once, when it is made.

A token is 256 random bits, so a plain SHA-256 of it is as good as a slow hash. All hashes of a file
are compared, each in constant time: how long a refusal takes says nothing.
"""

import hmac
import json
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crystinet.core.errors import ConfigError
from crystinet.core.files import sha256_of, write_whole

#: What a token may allow: to look at answers, to ask, to delete and to name.
SCOPES = ("read", "submit", "admin")

_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,63}")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request: the name of the token, and what it allows."""

    name: str
    scopes: frozenset[str]


#: Who sends a request to a service that asks for no tokens.
LOCAL = Caller("local", frozenset(SCOPES))


class Tokens:
    """The tokens of a file; read anew when it changes, so that one can be taken away at once.

    Raises
    ------
    ConfigError
        The file is missing or broken.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = (0, 0)
        self._known: list[tuple[bytes, Caller]] = []
        self._refresh()

    def _refresh(self) -> None:
        try:
            stat = self._path.stat()
        except OSError as error:
            raise ConfigError(
                f"The file of tokens {self._path} cannot be opened: {error.strerror}.",
                hint="Make a token: crystinet service token FILE NAME.",
            ) from error
        stamp = (stat.st_mtime_ns, stat.st_size)
        if stamp != self._stamp:
            self._known = [
                (entry["sha256"].encode(), Caller(entry["name"], frozenset(entry["scopes"])))
                for entry in _read(self._path)
            ]
            self._stamp = stamp

    def caller_of(self, token: str) -> Caller | None:
        """Who has a token; None for one that is not known."""
        self._refresh()
        digest = sha256_of(token.encode("utf-8", "surrogateescape")).encode()
        found = None
        for known, caller in self._known:  # to the end, whichever it is
            if hmac.compare_digest(known, digest):
                found = caller
        return found


def make_token(path: Path, name: str, scopes: Collection[str] = ("read", "submit")) -> str:
    """Make a token, add its hash to the file, and give it.

    Raises
    ------
    ConfigError
        The name is taken or none, a scope is none, or the file cannot be used.
    """
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        told = f"{', '.join(unknown)!r} is no scope." if any(unknown) else "No scope is given."
        raise ConfigError(told, hint=f"Scopes: {', '.join(SCOPES)}.")
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} is no name of a token.", hint="Use letters, digits, dots and hyphens."
        )
    entries = _read(path) if path.exists() else []
    if any(entry["name"] == name for entry in entries):
        raise ConfigError(
            f"{path} has a token {name!r} already.",
            hint="Take another name, or remove the old one: --remove.",
        )
    token = f"xnet_{secrets.token_urlsafe(32)}"
    entries.append(
        {
            "name": name,
            "scopes": [scope for scope in SCOPES if scope in scopes],
            "sha256": sha256_of(token.encode()),
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
        }
    )
    _write(path, entries)
    return token


def remove_token(path: Path, name: str) -> None:
    """Take a token away; a service that runs notices.

    Raises
    ------
    ConfigError
        There is none of this name.
    """
    entries = _read(path)
    kept = [entry for entry in entries if entry["name"] != name]
    if len(kept) == len(entries):
        raise ConfigError(f"{path} has no token {name!r}.", hint="Check the name.")
    _write(path, kept)


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        document = json.loads(path.read_text("utf-8"))
        if not isinstance(document, dict) or not isinstance(document.get("tokens"), list):
            raise ValueError("it has no list of tokens")
        entries = document["tokens"]
        for entry in entries:
            if not (
                isinstance(entry, dict)
                and isinstance(entry["name"], str)
                and re.fullmatch(r"[0-9a-f]{64}", entry["sha256"])
                and set(entry["scopes"]) <= set(SCOPES)
            ):
                raise ValueError(f"the entry {str(entry)[:60]} is none")
    except KeyError as error:
        raise ConfigError(
            f"{path} is no file of tokens: an entry has no {error}.",
            hint="Make a new one: crystinet service token FILE NAME.",
        ) from error
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(
            f"{path} is no file of tokens: {error}.",
            hint="Make a new one: crystinet service token FILE NAME.",
        ) from error
    return list(entries)


def _write(path: Path, entries: list[dict[str, Any]]) -> None:
    write_whole(path, json.dumps({"tokens": entries}, indent=1) + "\n")
    path.chmod(0o600)
