"""The schema of the service's state, as numbered steps that are only ever added.

Times are seconds since 1970, UTC. Documents are JSON texts.
"""

#: Marks a SQLite file as the state of a service (``PRAGMA application_id``): "xsrv".
STATE_ID = 0x78737276

_TABLES = """
CREATE TABLE upload (
    sha256 TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    used REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE content (
    number INTEGER PRIMARY KEY,
    upload TEXT NOT NULL UNIQUE REFERENCES upload (sha256) ON DELETE CASCADE,
    bytes BLOB NOT NULL
);
CREATE TABLE result (
    id TEXT PRIMARY KEY,
    ask TEXT NOT NULL,
    number INTEGER NOT NULL,
    patterns INTEGER NOT NULL,
    upload TEXT NOT NULL REFERENCES upload (sha256),
    file TEXT NOT NULL,
    options TEXT NOT NULL,
    model TEXT NOT NULL,
    version TEXT NOT NULL,
    verdict TEXT NOT NULL,
    created REAL NOT NULL,
    size INTEGER NOT NULL,
    document TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX result_by_ask ON result (ask, number);
CREATE INDEX result_by_created ON result (created);
CREATE INDEX result_by_upload ON result (upload);
CREATE TABLE derived (
    result TEXT NOT NULL REFERENCES result (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (result, kind, key)
) WITHOUT ROWID;
CREATE TABLE job (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    lane TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    options TEXT NOT NULL,
    owner TEXT NOT NULL,
    created REAL NOT NULL,
    started REAL,
    finished REAL,
    total INTEGER NOT NULL,
    done INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    stage TEXT NOT NULL DEFAULT '',
    fraction REAL,
    worker TEXT,
    lease REAL,
    attempts INTEGER NOT NULL DEFAULT 0,
    cancel REAL,
    error TEXT
) WITHOUT ROWID;
CREATE INDEX job_by_state ON job (state, lane, created);
CREATE TABLE job_input (
    job TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    upload TEXT REFERENCES upload (sha256),
    result TEXT,
    file TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (job, number)
) WITHOUT ROWID;
CREATE INDEX job_input_by_upload ON job_input (upload);
CREATE TABLE job_result (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    job TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    input INTEGER NOT NULL,
    pattern INTEGER NOT NULL,
    ok INTEGER NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (job, input, pattern)
);
CREATE TABLE job_event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    job TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    document TEXT NOT NULL
);
CREATE INDEX job_event_by_job ON job_event (job, seq);
CREATE TABLE idempotency (
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    digest TEXT NOT NULL,
    job TEXT NOT NULL,
    created REAL NOT NULL,
    PRIMARY KEY (owner, key)
) WITHOUT ROWID;
"""

_NAMES = """
CREATE TABLE unknown_name (
    pattern TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    given REAL NOT NULL
) WITHOUT ROWID;
"""

# Files of learned models: in a backup alone, see `crystinet.service.state.backups`.
_LEARNED = """
CREATE TABLE learned_file (
    job TEXT NOT NULL,
    name TEXT NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (job, name)
);
"""

#: Step n, counted from 1, brings the state from version n - 1 to version n.
STATE_MIGRATIONS: tuple[str, ...] = (_TABLES, _NAMES, _LEARNED)
