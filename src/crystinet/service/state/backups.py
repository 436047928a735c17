"""A service in one file: its state, and in it the models that it has learned.

A restored file is put where the state was; the models come out of it when the service starts.
"""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from crystinet.core.errors import ConfigError
from crystinet.core.files import make_folder
from crystinet.core.sqlite import is_sqlite
from crystinet.service.learned import UNFINISHED, learned_folder, learned_models
from crystinet.service.settings import STATE_FILE
from crystinet.service.state.database import Database


def backup(data: Path, copy: Path) -> None:
    """Copy a service, also while it works, into one file.

    Parameters
    ----------
    data
        Folder of the service.
    copy
        New file.

    Raises
    ------
    ConfigError
        There is no state of a service, it is one of another crystinet, or the copy exists or cannot
        be written.
    """
    path = data / STATE_FILE
    if not is_sqlite(path):
        raise ConfigError(f"There is no state of a service in {data}.", hint="Check --data.")
    if copy.exists():
        raise ConfigError(f"{copy} exists.", hint="Name a new file.")
    try:
        _copy(path, copy)
        with Database(copy) as database:  # of an older crystinet: brought up to date
            _pack(database, data)
            database.connection.execute("PRAGMA journal_mode = DELETE")
    except BaseException as error:
        copy.unlink(missing_ok=True)
        if not isinstance(error, sqlite3.Error | OSError):
            raise
        raise ConfigError(
            f"{copy} cannot be written: {error}.", hint="Name a file where you may write."
        ) from error


def _copy(path: Path, copy: Path) -> None:
    address = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as source:
        with closing(sqlite3.connect(copy)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")


def _pack(database: Database, data: Path) -> None:
    """Put all files of the learned models into a copy."""
    for folder in learned_models(data).values():
        for path in sorted(folder.iterdir()):
            with database.writing() as connection:
                connection.execute(
                    "INSERT INTO learned_file VALUES (?, ?, ?)",
                    (folder.name, path.name, path.read_bytes()),
                )


def unpack(database: Database, data: Path) -> None:
    """Take the models of a restored copy out of it; those that are there stay as they are.

    Raises
    ------
    FileMissingError
        The folder of the models cannot be written to.
    """
    rows = database.connection.execute("SELECT DISTINCT job FROM learned_file").fetchall()
    for (job,) in rows:
        folder = learned_folder(data, job)
        if not folder.exists():
            _unpack_one(database, job, folder)
    if rows:
        with database.writing() as connection:
            connection.execute("DELETE FROM learned_file")


def _unpack_one(database: Database, job: str, folder: Path) -> None:
    unfinished = folder.with_name(folder.name + UNFINISHED)
    shutil.rmtree(unfinished, ignore_errors=True)
    make_folder(unfinished, of="a learned model")
    names = database.connection.execute("SELECT name FROM learned_file WHERE job = ?", (job,))
    for (name,) in names.fetchall():
        row = database.connection.execute(
            "SELECT bytes FROM learned_file WHERE job = ? AND name = ?", (job, name)
        ).fetchone()
        (unfinished / Path(name).name).write_bytes(row[0])
    unfinished.rename(folder)  # whole, or not at all
