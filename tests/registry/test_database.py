from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from tests.registry import builders
from zoo.errors import NotFoundError, RegistryError
from zoo.registry import Registry, open_registry
from zoo.registry.database import open_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

    Start = Callable[[str], subprocess.Popen[str]]


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("busy_timeout", 30000), ("foreign_keys", 1), ("synchronous", 2)],
)
def test_every_connection_has_the_pragma(tmp_path: Path, pragma: str, value: object) -> None:
    open_database(tmp_path / "registry.db", create=True).close()
    with open_database(tmp_path / "registry.db", create=False).reading() as session:
        assert session.scalar(text(f"PRAGMA {pragma}")) == value


def test_a_missing_registry_is_not_made_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    with pytest.raises(
        RegistryError,
        match=f"^no registry at {path}: train or search something first, or name one with --registry$",
    ):
        open_registry(path, create=False)
    assert not path.exists()


def test_an_empty_file_is_no_registry_unless_one_may_be_made(tmp_path: Path) -> None:
    (tmp_path / "registry.db").touch()
    with pytest.raises(RegistryError, match="no registry at"):
        open_registry(tmp_path / "registry.db", create=False)


@pytest.mark.parametrize("data", [b"x", b"name,label\n" * 500, b"SQLite format 3\0" + bytes(5000)])
def test_a_file_that_is_no_database_is_refused_and_left_untouched(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "notes.csv"
    path.write_bytes(data)
    with pytest.raises(RegistryError, match=f"cannot use the registry {path}: .*not a database"):
        open_registry(path)
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (data, [path])


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="is a folder: give the path of a file in it"):
        open_registry(tmp_path)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE songs (title TEXT)",
        (
            "CREATE TABLE runs (id TEXT); CREATE TABLE alembic_version (version_num TEXT);"
            "INSERT INTO alembic_version VALUES ('abc')"
        ),
    ],
    ids=["plain", "of another user of Alembic"],
)
def test_another_programs_database_is_refused_and_left_untouched(tmp_path: Path, sql: str) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(sql)
    connection.close()
    before = path.read_bytes()
    with pytest.raises(RegistryError, match="belongs to another program"):
        open_registry(path)
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (before, [path])


def test_a_folder_that_cannot_be_made_is_a_registry_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RegistryError, match=r"cannot reach the registry .*--registry"):
        open_registry(tmp_path / "file" / "registry.db")


def test_a_new_registry_may_be_in_a_new_folder(tmp_path: Path) -> None:
    with open_registry(tmp_path / "a" / "b" / "registry.db") as registry:
        assert registry.models() == []


def test_a_folder_that_cannot_be_written_is_a_registry_error(read_only: Path) -> None:
    with pytest.raises(RegistryError, match=r"cannot use the registry .*unable to open .*--registry"):
        open_registry(read_only / "new.db")


def test_a_registry_on_a_read_only_disk_can_be_read(read_only: Path) -> None:
    with open_registry(read_only / "registry.db", create=False) as registry:
        assert [dataset.name for dataset in registry.datasets()] == ["digits"]


def test_a_registry_on_a_read_only_disk_cannot_be_written(read_only: Path) -> None:
    with open_registry(read_only / "registry.db") as registry, pytest.raises(RegistryError, match="readonly"):
        builders.record_digits(registry, "b")


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A folder with a registry on a file system that nobody can write, root included."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("only root can mount a read-only disk")
    try:
        with open_registry(folder / "registry.db") as registry:
            builders.record_digits(registry)
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_a_url_means_the_same_as_a_path(registry: Registry) -> None:
    assert open_registry(f"sqlite:///{registry.url}").url == registry.url


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_registry_in_memory_is_refused(url: str) -> None:
    with pytest.raises(RegistryError, match="must outlive its process"):
        open_registry(url)


def test_an_unknown_kind_of_database_is_refused() -> None:
    with pytest.raises(RegistryError, match=r"cannot open the registry nowhere://host/zoo: .*driver"):
        open_registry("nowhere://host/zoo", "artifacts")


def test_a_password_is_not_shown() -> None:
    with pytest.raises(RegistryError) as caught:
        open_registry("nowhere://me:secret@host/zoo", "artifacts")
    assert "secret" not in str(caught.value)


def test_an_up_to_date_registry_opens_without_alembic(registry: Registry, start_python: Start) -> None:
    script = f"open_registry({registry.url!r}).models(); import sys; print('alembic' in sys.modules)"
    assert start_python(script).communicate(timeout=60)[0] == "False\n"


def test_importing_the_registry_imports_nothing_heavy() -> None:
    heavy = "{'alembic', 'numpy', 'fsspec', 'safetensors', 'keras', 'tensorflow'}"
    script = f"import sys, zoo.registry; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", script], text=True) == "[]\n"


def test_processes_that_create_and_write_at_once_all_succeed(tmp_path: Path, start_python: Start) -> None:
    script = (
        "with open_registry() as registry:\n"
        "    digits = record_digits(registry)\n"
        "    run = registry.start_run(run_plan(), digits)\n"
        "    from zoo.interfaces import Epoch\n"
        "    for number in range(20): registry.record_epoch(run.id, Epoch(number, {}, 0.1))\n"
    )
    processes = [start_python(script) for _ in range(4)]
    errors = [process.communicate(timeout=60)[1] for process in processes]
    with open_registry(tmp_path / "registry.db", create=False) as registry:
        written = [len(registry.epochs(run.id)) for run in registry.runs()]
    assert (errors, written) == ([""] * 4, [20] * 4)


def test_a_full_disk_is_a_registry_error_and_the_registry_stays_readable(
    tmp_path: Path, start_python: Start
) -> None:
    process = start_python(
        "from zoo.interfaces import Epoch\n"
        "registry = open_registry()\n"
        "run = registry.start_run(run_plan(), record_digits(registry))\n"
        f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, {resource.RLIM_INFINITY}))\n"
        "for number in range(1, 2000): registry.record_epoch(run.id, Epoch(number, {'x' * 20_000: 1.0}, 1))\n"
    )
    _, errors = process.communicate(timeout=60)
    assert "RegistryError: cannot use the registry" in errors.splitlines()[-1]
    assert "free some space" in errors.splitlines()[-1]
    with open_registry(tmp_path / "registry.db", create=False) as registry:
        assert len(registry.epochs(registry.runs()[0].id)) > 1


def test_a_damaged_database_is_a_registry_error(registry: Registry) -> None:
    for content in "abcdef":
        builders.record_digits(registry, content)
    registry.close()
    path = Path(registry.url)
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
    with pytest.raises(RegistryError, match="malformed; restore it from a backup"):
        open_registry(path).datasets()


def test_a_failed_block_leaves_nothing_behind(registry: Registry) -> None:
    database = open_database(registry.url, create=False)
    with pytest.raises(KeyError), database.writing() as session:
        _change_and_fail(session)
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM alembic_version")) == 1


def _change_and_fail(session: Session) -> None:
    session.execute(text("DELETE FROM alembic_version"))
    raise KeyError


def test_a_reader_continues_while_another_writes(registry: Registry) -> None:
    with open_database(registry.url, create=False).writing():
        assert registry.datasets() == []


def test_an_error_of_zoo_passes_unchanged(registry: Registry) -> None:
    with pytest.raises(NotFoundError, match="no run has the id 'nothing': `zoo runs` lists them"):
        registry.epochs("nothing")
