"""The state of a service: kept for a time, backed up, and refused where it is somebody else's."""

import io
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from crystinet.cli import app
from crystinet.core.errors import ConfigError
from crystinet.model.bundle_files import default_bundle_folder
from crystinet.service.learned import forget, learned_folder, learned_models
from crystinet.service.settings import DAY_S, Retention
from crystinet.service.state.backups import backup, unpack
from crystinet.service.state.database import Database
from crystinet.service.state.job import JobInput
from crystinet.service.state.queue import Queue
from crystinet.service.state.results import Results, StoredResult
from crystinet.service.state.retention import prune


def stored(n: int, *, upload: str, created: float) -> StoredResult:
    return StoredResult(
        id=f"{n:064x}", ask=f"ask {n}", number=1, patterns=1, upload=upload, file="a.xy",
        options="{}", model="m", version="1", verdict="known", created=created,
        document={"file": "a.xy", "ok": True},
    )  # fmt: skip


@pytest.fixture
def database(tmp_path: Path) -> Any:
    with Database(tmp_path / "service.sqlite") as found:
        yield found


def keep(results: Results, n: int, *, age_days: float, size: int = 100) -> None:
    upload = f"{1000 + n:064x}"
    created = time.time() - age_days * DAY_S
    results.keep([stored(n, upload=upload, created=created)], io.BytesIO(b"x" * size), size)


def ids(database: Database) -> list[int]:
    rows = database.connection.execute("SELECT id FROM result ORDER BY id")
    return [int(row[0], 16) for row in rows]


def forget_use(database: Database) -> None:
    """Let all uploads have been used two days ago."""
    with database.writing() as connection:
        connection.execute("UPDATE upload SET used = used - ?", (2 * DAY_S,))


def uploads(database: Database) -> int:
    (number,) = database.connection.execute("SELECT count(*) FROM content").fetchone()
    return int(number)


def test_what_is_too_old_goes_with_its_file(database: Database) -> None:
    results = Results(database)
    for n, age in enumerate((100.0, 95.0, 10.0)):
        keep(results, n, age_days=age)
    forget_use(database)
    gone = prune(database, Retention(days=90.0))
    assert (gone.results, gone.uploads) == (2, 2)
    assert ids(database) == [2]
    assert uploads(database) == 1


def test_the_oldest_of_too_many_go(database: Database) -> None:
    results = Results(database)
    for n in range(6):
        keep(results, n, age_days=n)
    assert prune(database, Retention(results=4)).results == 2
    assert ids(database) == [0, 1, 2, 3]
    assert uploads(database) == 6  # kept for a day


def test_the_oldest_of_what_is_too_large_go_with_their_files(database: Database) -> None:
    results = Results(database)
    for n in range(6):
        keep(results, n, age_days=n, size=10_000)
    prune(database, Retention(bytes=35_000))
    assert ids(database) == [0, 1, 2]
    assert uploads(database) == 3


def test_what_a_job_needs_stays(database: Database) -> None:
    results, queue = Results(database), Queue(database)
    results.keep_alone("a" * 64, io.BytesIO(b"x"), 1)
    results.keep_alone("b" * 64, io.BytesIO(b"x"), 1)
    queue.submit("batch", [JobInput("a" * 64, None, "a")], {}, owner="me", most_queued=9)
    forget_use(database)
    assert prune(database, Retention()).uploads == 1
    assert results.content("a" * 64) == b"x"


def test_a_large_upload_is_kept_to_the_last_byte(database: Database) -> None:
    content = bytes(range(256)) * 20_000
    results = Results(database)
    results.keep_alone("c" * 64, io.BytesIO(content), len(content))
    assert results.content("c" * 64) == content


def test_a_backup_is_one_file_that_works(
    client: Any, service: Any, ask: Any, tmp_path: Path
) -> None:
    entry = ask(client, top=9)
    copy = tmp_path / "copy" / "service.sqlite"
    copy.parent.mkdir()
    words = ["service", "backup", str(copy), "--data", str(service.data)]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert [path.name for path in copy.parent.iterdir()] == ["service.sqlite"]
    with Database(copy) as database:
        assert Results(database).get(entry["id"]).document["candidates"] == entry["candidates"]
    assert CliRunner().invoke(app, words).exit_code == 2  # it is not written over


def learn(data: Path, job: str = "job") -> tuple[str, Path]:
    """Name and folder of a bundle as a job leaves it."""
    folder = learned_folder(data, job)
    shutil.copytree(default_bundle_folder(), folder)
    return next(name for name, path in learned_models(data).items() if path == folder), folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_backup_brings_learned_models_back(tmp_path: Path) -> None:
    data, again = tmp_path / "data", tmp_path / "again"
    Database(data / "service.sqlite").close()
    name, folder = learn(data)
    (data / "models" / "other.partial").mkdir()  # work that goes on is no model
    again.mkdir()
    backup(data, again / "service.sqlite")
    with Database(again / "service.sqlite") as database:
        unpack(database, again)
        assert {n: path.name for n, path in learned_models(again).items()} == {name: "job"}
        assert contents(again / "models" / "job") == contents(folder)
        assert forget(again, name)
        unpack(database, again)  # what was deleted afterwards does not come back
        assert learned_models(again) == {}


def test_a_restored_service_offers_its_learned_model(
    start: Any, tmp_path: Path, bundle_folder: Path
) -> None:
    data, again = tmp_path / "data", tmp_path / "again"
    Database(data / "service.sqlite").close()
    name, _ = learn(data)
    again.mkdir()
    backup(data, again / "service.sqlite")
    words = ("--model", f"small={bundle_folder}")
    with start(again, *words) as service, service.client() as client:
        models = {each["name"]: each for each in client.get("/api/v1/models").json()["models"]}
        assert {n: each["learned"] for n, each in models.items()} == {"small": False, name: True}
        assert client.delete("/api/v1/models/small").status_code == 409
        assert client.delete("/api/v1/models/..%2Fx").status_code == 404
        assert client.delete(f"/api/v1/models/{name}").status_code == 204
        assert client.delete(f"/api/v1/models/{name}").status_code == 404
        assert len(client.get("/api/v1/models").json()["models"]) == 1
        assert list((again / "models").iterdir()) == []
        assert (
            client.post("/api/v1/identify", params={"model": name}, content=b"x").status_code == 400
        )


def test_a_model_that_a_job_needs_is_not_deleted(database: Database) -> None:
    queue = Queue(database)
    assert queue.uses("abc") == 0
    Results(database).keep_alone("a" * 64, io.BytesIO(b"x"), 1)
    job, _ = queue.submit(
        "batch", [JobInput("a" * 64, None, "a")], {"model": "abc"}, owner="me", most_queued=9
    )
    assert (queue.uses("abc"), queue.uses("other")) == (1, 0)
    queue.cancel(job.id)
    assert queue.uses("abc") == 0


def test_tidying_by_hand(tmp_path: Path) -> None:
    with Database(tmp_path / "service.sqlite") as database:
        keep(Results(database), 1, age_days=40.0)
    words = ["service", "prune", "--data", str(tmp_path), "--keep-days", "30"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert "1 results" in result.output


def test_what_is_no_state_is_refused(tmp_path: Path) -> None:
    (tmp_path / "service.sqlite").write_text("no database")
    with pytest.raises(ConfigError, match="not a SQLite file"):
        Database(tmp_path / "service.sqlite")
    other = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(other)) as database:
        database.execute("PRAGMA user_version = 1")
        database.execute("CREATE TABLE a (b)")
    with pytest.raises(ConfigError, match="another program"):
        Database(other)
    newer = tmp_path / "newer.sqlite"
    Database(newer).close()
    with closing(sqlite3.connect(newer)) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(ConfigError, match="newer crystinet"):
        Database(newer)
    with pytest.raises(ConfigError, match="no state"):
        backup(tmp_path / "gone", tmp_path / "copy.sqlite")
    (tmp_path / "service.sqlite").unlink()
    other.rename(tmp_path / "service.sqlite")
    with pytest.raises(ConfigError, match="another program"):
        backup(tmp_path, tmp_path / "copy.sqlite")
    assert not (tmp_path / "copy.sqlite").exists()
