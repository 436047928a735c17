"""The schema of the store, as numbered steps that are only ever added.

A store carries the number of its last step in ``PRAGMA user_version``. ``docs/how-to/corpus.md``
explains the tables.
"""

import sqlite3
from collections.abc import Sequence

from crystinet.core.sqlite import run_migrations

#: Marks a SQLite file as a store of crystinet (``PRAGMA application_id``): "xnet".
APPLICATION_ID = 0x786E6574

_TABLES = """
CREATE TABLE source (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    licence TEXT NOT NULL,
    UNIQUE (name, licence)
);
CREATE TABLE structure (
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES source (id),
    code TEXT NOT NULL,
    content_hash BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    known_experimentally INTEGER NOT NULL CHECK (known_experimentally IN (0, 1)),
    disordered INTEGER NOT NULL CHECK (disordered IN (0, 1)),
    formula TEXT NOT NULL,
    compound_key TEXT NOT NULL,
    split TEXT NOT NULL CHECK (split IN ('train', 'validation', 'test')),
    name TEXT NOT NULL,
    hall_symbol TEXT NOT NULL,
    a REAL NOT NULL, b REAL NOT NULL, c REAL NOT NULL,
    alpha REAL NOT NULL, beta REAL NOT NULL, gamma REAL NOT NULL,
    sites TEXT NOT NULL,
    space_group INTEGER NOT NULL,
    pearson TEXT NOT NULL,
    wyckoff TEXT NOT NULL,
    anx TEXT NOT NULL,
    label TEXT NOT NULL,
    type_name TEXT NOT NULL,
    type_origin TEXT NOT NULL CHECK (type_origin IN ('', 'source', 'assigned')),
    class_number INTEGER NOT NULL,
    evidence TEXT NOT NULL
);
CREATE TABLE input (
    digest BLOB PRIMARY KEY
) WITHOUT ROWID;
CREATE TABLE problem (
    origin TEXT NOT NULL,
    part TEXT NOT NULL,
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    hint TEXT NOT NULL,
    PRIMARY KEY (origin, part)
) WITHOUT ROWID;
"""

# Both hands of a chiral structure are one class: P3221 counts as P3121 (`wyckoff.without_hand`).
_ISOTYPES = """
ALTER TABLE structure ADD COLUMN isotype TEXT GENERATED ALWAYS AS (
    CASE WHEN type_name <> '' THEN type_name
    ELSE CASE space_group WHEN 78 THEN 76 WHEN 95 THEN 91 WHEN 96 THEN 92 WHEN 145 THEN 144
            WHEN 153 THEN 151 WHEN 154 THEN 152 WHEN 170 THEN 169 WHEN 172 THEN 171
            WHEN 179 THEN 178 WHEN 181 THEN 180 WHEN 213 THEN 212 ELSE space_group END
        || ' | ' || pearson || ' | ' || wyckoff || ' | ' || anx END
) VIRTUAL;
CREATE INDEX structure_by_isotype ON structure (isotype, formula);
"""

# Where a download goes on that was cut off: the address of the page that is next.
_FETCHES = """
CREATE TABLE fetch (
    query TEXT PRIMARY KEY,
    next TEXT NOT NULL
) WITHOUT ROWID;
"""

_ISOPOINTAL = """
ALTER TABLE structure ADD COLUMN isopointal_to TEXT NOT NULL DEFAULT '';
"""

#: Step n, counted from 1, brings a store from version n - 1 to version n.
MIGRATIONS: tuple[str, ...] = (_TABLES, _ISOTYPES, _FETCHES, _ISOPOINTAL)


def migrate(database: sqlite3.Connection, migrations: Sequence[str] = MIGRATIONS) -> None:
    """Bring a store to the newest schema, see `crystinet.core.sqlite.run_migrations`."""
    run_migrations(database, migrations, application_id=APPLICATION_ID)
