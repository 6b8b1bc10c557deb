"""The data directory: what survives, what is refused, and what a full disk does."""

import asyncio
import gc
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from kecs.embedded.database import Database, DatabaseCorrupt, DatabaseError, DatabaseInUse, DatabaseTooNew
from kecs.embedded.engine import Engine
from kecs.embedded.entry import Change
from kecs.embedded.store import Store
from kecs.kube.errors import InternalError, NotFound, Unavailable
from kecs.kube.resources import CONFIG_MAPS


async def _filled(path: Path, names: str) -> Engine:
    engine = Engine.open(path)
    for name in names:
        await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": name}, "data": {"k": name}}, manager="m")
    return engine


async def test_objects_owners_and_versions_survive_a_restart(tmp_path: Path) -> None:
    engine = await _filled(tmp_path, "abc")
    before = await engine.list(CONFIG_MAPS)
    await engine.delete(CONFIG_MAPS, "default", "c")
    last = engine.store.revision
    await engine.close()

    engine = Engine.open(tmp_path)
    after = await engine.list(CONFIG_MAPS)
    assert after.items == before.items[:2]
    assert int(after.resource_version) == last
    made = await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": "d"}}, manager="m")
    assert int(made["metadata"]["resourceVersion"]) > last
    await engine.close()


async def test_directory_in_use_is_refused_with_its_owner(tmp_path: Path) -> None:
    engine = await _filled(tmp_path, "a")
    with pytest.raises(DatabaseInUse, match=rf"{tmp_path} is in use by another kecs \(process {os.getpid()}\)"):
        Engine.open(tmp_path)
    await engine.close()
    await (await _filled(tmp_path, "b")).close()


async def test_newer_format_is_refused(tmp_path: Path) -> None:
    await (await _filled(tmp_path, "a")).close()
    with sqlite3.connect(tmp_path / "kubernetes.db") as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(DatabaseTooNew, match="written by a newer kecs"):
        Engine.open(tmp_path)


@pytest.mark.parametrize("damage", [b"not a database at all" * 100, b"\0" * 5000])
async def test_damaged_database_is_refused(tmp_path: Path, damage: bytes) -> None:
    await (await _filled(tmp_path, "a")).close()
    (tmp_path / "kubernetes.db").write_bytes(damage)
    with pytest.raises(DatabaseCorrupt, match=r"kubernetes\.db is damaged"):
        Engine.open(tmp_path)


async def test_page_damaged_in_the_middle_is_refused(tmp_path: Path) -> None:
    engine = Engine.open(tmp_path)
    for number in range(200):
        body = {"metadata": {"name": f"c{number}"}, "data": {"k": "x" * 500}}
        await engine.create(CONFIG_MAPS, "default", body, manager="m")
    await engine.close()
    path = tmp_path / "kubernetes.db"
    data = bytearray(path.read_bytes())
    for at in range(8192, len(data) - 4096, 4096):
        data[at : at + 64] = b"\xff" * 64
    path.write_bytes(bytes(data))
    with pytest.raises(DatabaseError):
        Engine.open(tmp_path)


def test_database_of_another_program_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "kubernetes.db") as connection:
        connection.execute("CREATE TABLE foreign_table (x)")
    connection.close()
    with pytest.raises(DatabaseCorrupt, match="another program"):
        Database(tmp_path)


def test_directory_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseError, match="cannot be used"):
        Database(tmp_path / "file" / "data")


async def test_full_disk_fails_the_writers_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    database = Database(tmp_path)
    engine = Engine(Store(database))
    engine._bootstrap()
    pages = database._connection.execute("PRAGMA page_count").fetchone()[0]
    database._connection.execute(f"PRAGMA max_page_count={pages + 2}")
    small = {"metadata": {"name": "small"}}
    big = {"metadata": {"name": "big"}, "data": {"k": "x" * 100_000}}
    results = await asyncio.gather(
        engine.create(CONFIG_MAPS, "default", small, manager="m"),
        engine.create(CONFIG_MAPS, "default", big, manager="m"),
        return_exceptions=True,
    )
    assert all(isinstance(one, InternalError) and "could not be stored" in one.message for one in results)
    for name in ("small", "big"):
        with pytest.raises(NotFound):
            await engine.get(CONFIG_MAPS, "default", name)
    await engine.create(CONFIG_MAPS, "default", small, manager="m")
    await engine.close()
    engine = Engine.open(tmp_path)
    assert [one["metadata"]["name"] for one in (await engine.list(CONFIG_MAPS, "default")).items] == ["small"]
    await engine.close()


async def test_full_disk_is_logged_without_a_word_of_what_was_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = Database(tmp_path)
    engine = Engine(Store(database))
    engine._bootstrap()
    pages = database._connection.execute("PRAGMA page_count").fetchone()[0]
    database._connection.execute(f"PRAGMA max_page_count={pages + 2}")
    with pytest.raises(InternalError):
        body = {"metadata": {"name": "big"}, "data": {"k": "secret" * 20_000}}
        await engine.create(CONFIG_MAPS, "default", body, manager="m")
    assert [one.getMessage() for one in caplog.records] == ["1 changes could not be stored: database or disk is full"]
    await engine.close()


async def test_log_that_cannot_be_folded_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    database = Database(tmp_path)
    database.path = tmp_path / "elsewhere" / "kubernetes.db"
    database._fold()
    assert "could not be folded into it, and grows: unable to open database file" in caplog.text
    database.close()


async def test_what_a_commit_makes_others_write_is_stored_before_the_end(tmp_path: Path) -> None:
    engine = await _filled(tmp_path, "a")
    entry = engine.store.get("configmaps", "default", "a")

    def follow(changes: list[Change]) -> None:
        if changes[0].name == "b":
            engine.store.stage("configmaps", entry, None)

    engine.store.on_commit(follow)
    making = asyncio.ensure_future(engine.create(CONFIG_MAPS, "default", {"metadata": {"name": "b"}}, manager="m"))
    await asyncio.sleep(0)
    await engine.close()
    await making
    engine = Engine.open(tmp_path)
    assert [one["metadata"]["name"] for one in (await engine.list(CONFIG_MAPS, "default")).items] == ["b"]
    await engine.close()


async def test_write_after_the_end_is_unavailable(tmp_path: Path) -> None:
    engine = await _filled(tmp_path, "a")
    await engine.close()
    with pytest.raises(Unavailable):
        await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": "b"}}, manager="m")


_WRITER = """
import asyncio, sys
from pathlib import Path
from kecs.embedded.engine import Engine
from kecs.kube.resources import CONFIG_MAPS

async def write(engine, worker):
    number = 0
    while True:
        name = f"w{worker}-{number}"
        body = {"metadata": {"name": name}, "data": {"k": "x" * 2000}}
        await engine.create(CONFIG_MAPS, "default", body, manager="m")
        if number:
            await engine.delete(CONFIG_MAPS, "default", f"w{worker}-{number - 1}")
        print(worker, number, flush=True)
        number += 1

async def main():
    engine = Engine.open(Path(sys.argv[1]))
    await asyncio.gather(*(write(engine, worker) for worker in range(4)))

asyncio.run(main())
"""


def _killed_writer(path: Path) -> dict[int, int]:
    """Run writers, kill them, and return the last number that each had acknowledged."""
    process = subprocess.Popen([sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    lines = [process.stdout.readline() for _ in range(600)]
    process.send_signal(signal.SIGKILL)
    lines += [line for line in process.stdout if line.endswith("\n")]
    process.wait()
    process.stdout.close()
    return {int(worker): int(number) for worker, number in (line.split() for line in lines)}


async def test_every_acknowledged_write_survives_kill_9(tmp_path: Path) -> None:
    """Writers replace one object by the next; after the kill the last acknowledged one, or its successor, is there."""
    acknowledged = await asyncio.to_thread(_killed_writer, tmp_path)
    engine = Engine.open(tmp_path)
    names = {one["metadata"]["name"] for one in (await engine.list(CONFIG_MAPS, "default")).items}
    assert acknowledged
    for worker, number in acknowledged.items():
        left = {name for name in names if name.startswith(f"w{worker}-")}
        assert left & {f"w{worker}-{number}", f"w{worker}-{number + 1}"}
        assert len(left) <= 2
    await engine.close()


async def test_failed_write_that_nobody_waits_for_is_not_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine = await _filled(tmp_path, "a")
    await engine.close()
    entry = engine.store.get("configmaps", "default", "a")
    engine.store.stage("configmaps", entry, None)
    gc.collect()
    await asyncio.sleep(0)
    assert not caplog.records


async def test_object_that_is_no_json_is_damage(tmp_path: Path) -> None:
    await (await _filled(tmp_path, "a")).close()
    with sqlite3.connect(tmp_path / "kubernetes.db") as connection:
        connection.execute("UPDATE objects SET tail = substr(tail, 1, length(tail) - 9)")
    connection.close()
    with pytest.raises(DatabaseCorrupt, match=r"kubernetes\.db is damaged"):
        Engine.open(tmp_path)


def test_database_that_is_no_file_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "kubernetes.db").mkdir()
    with pytest.raises(DatabaseError, match=r"kubernetes\.db cannot be used"):
        Database(tmp_path)


def test_database_is_for_its_owner_alone(tmp_path: Path) -> None:
    database = Database(tmp_path)
    assert {path.name: path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {
        "kubernetes.db": 0,
        "kubernetes.db-shm": 0,
        "kubernetes.db-wal": 0,
        "lock": 0,
    }
    database.close()
