"""Opens the registry's database, and runs every transaction on it."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from json import JSONDecodeError
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import Session

from zoo.errors import RegistryError, reason_of
from zoo.registry.schema import SCHEMA_VERSION, DamagedDocument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BUSY_SECONDS = 30
"""The time for which a process waits for another one that is writing."""

_ANOTHER = "name another registry with --registry or ZOO_REGISTRY"
# The id of the advisory lock by which writers of a PostgreSQL registry exclude one another.
_WRITERS_LOCK = int.from_bytes(b"zoo", "big")
# Tables that every version of zoo has had: they distinguish our database from that of another user of Alembic.
_OURS = frozenset({"datasets", "searches", "runs", "epochs", "models", "metrics", "aliases"})

_MAGIC = b"SQLite format 3\0"

_ADVICE = (
    ("disk is full", "free some space there"),
    ("disk i/o error", "free some space there and check the disk and its quota"),
    ("locked", "another process keeps it locked; try again when that process has ended"),
    # SQLite also reports this if it could not write its auxiliary files because the disk is full.
    ("readonly", f"make the file and its folder writable and free some space there, or {_ANOTHER}"),
    ("unable to open", f"check that its folder exists and is writable, or {_ANOTHER}"),
    ("permission denied", f"ask the owner of the database for access, or {_ANOTHER}"),
    ("malformed", "restore it from a backup"),
    ("not a database", f"restore it from a backup, or {_ANOTHER}"),
)


@dataclass(frozen=True)
class Location:
    """The place of a registry.

    Args:
        url: for SQLAlchemy.
        path: the file, absolute; None unless the database is SQLite.
        shown: as in messages, without a password.
    """

    url: URL
    path: Path | None
    shown: str


def locate(url: str | Path) -> Location:
    """Parse a path or an SQLAlchemy URL.

    Raises:
        RegistryError: it is neither.
    """
    if isinstance(url, Path) or "://" not in url:
        return _locate_file(Path(url))
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise RegistryError(f"'{url}' is not a registry: give a path or an SQLAlchemy URL") from error
    if parsed.drivername == "postgresql":  # for which SQLAlchemy's default is the old psycopg2
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        return Location(parsed, None, parsed.render_as_string())
    if not parsed.database or parsed.database == ":memory:":
        raise RegistryError(f"'{url}' names no file, but a registry must outlive its process: give a path")
    return _locate_file(Path(parsed.database))


def _locate_file(path: Path) -> Location:
    absolute = path.expanduser().absolute()
    return Location(URL.create("sqlite", database=str(absolute)), absolute, str(absolute))


class Database:
    """An open registry database at the newest schema. Made by `open_database`."""

    def __init__(self, location: Location, engine: Engine) -> None:
        self.location = location
        self._readers = engine
        self._writers = engine.execution_options(immediate=True)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees the database as it was at one moment."""
        with self._session(self._readers) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose changes are committed together when the block ends, or rolled back if it raises.

        One process writes at a time, so whatever a block has read stays true until it ends.
        """
        with self._session(self._writers) as session:
            yield session

    @contextmanager
    def _session(self, engine: Engine) -> Iterator[Session]:
        with _translated(self.location), Session(engine) as session, session.begin():
            yield session

    def close(self) -> None:
        """Close all connections. A method called later opens a new one."""
        self._readers.dispose()


def open_database(url: str | Path, *, create: bool) -> Database:
    """Open the registry at a path or SQLAlchemy URL and upgrade it to the newest schema.

    Args:
        create: create the registry if it does not exist.

    Raises:
        RegistryError: it does not exist and `create` is false, the database is not zoo's or is from a newer zoo, or
            it cannot be read or written.
    """
    location = locate(url)
    with _translated(location):
        if location.path is not None:
            _check_file(location, location.path, create=create)
        engine = _waiting_for_lock(lambda: _open_engine(location, create=create))
    return Database(location, engine)


def _check_file(location: Location, path: Path, *, create: bool) -> None:
    try:
        if path.is_dir():
            raise RegistryError(f"the registry {location.shown} is a folder: give the path of a file in it")
        if path.exists():
            return
        if not create:
            raise _no_registry(location)
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RegistryError(
            f"cannot reach the registry {location.shown}: {reason_of(error)}; {_ANOTHER}"
        ) from error


def _no_registry(location: Location) -> RegistryError:
    return RegistryError(
        f"no registry at {location.shown}: train or search something first, or name one with --registry"
    )


def _open_engine(location: Location, *, create: bool) -> Engine:
    state = _inspect(location)
    _check_ours(location, state)
    if state.engine is not None and state.version == SCHEMA_VERSION:
        return state.engine
    if state.version is None and not create:
        raise _no_registry(location)
    if state.version != SCHEMA_VERSION:
        from zoo.registry.upgrade import upgrade

        # SQLite changes a table by recreating it, which would delete the rows that refer to it.
        migrating = _writable_engine(location, foreign_keys=False)
        upgrade(migrating.execution_options(immediate=True), location.shown, state.version)
        migrating.dispose()
    if location.path is not None:
        _use_write_ahead_log(location)
    return _writable_engine(location, foreign_keys=True)


# Inspecting what exists ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _DatabaseState:
    """The tables and the schema version of a database.

    Args:
        tables: names of its tables.
        version: Alembic's revision; None if Alembic has never migrated it.
        engine: for a read-only database, the engine that can read it.
    """

    tables: frozenset[str]
    version: str | None
    engine: Engine | None = None


def _check_ours(location: Location, state: _DatabaseState) -> None:
    if state.tables and (state.version is None or not state.tables >= _OURS):
        raise RegistryError(
            f"the database {location.shown} belongs to another program: it has tables, but not zoo's; {_ANOTHER}"
        )


def _inspect(location: Location) -> _DatabaseState:
    """Return the state of the database without changing a byte of it."""
    if location.path is None:
        return _read_state(_writable_engine(location, foreign_keys=True))
    if not location.path.exists() or location.path.stat().st_size == 0:
        return _DatabaseState(frozenset(), None)
    _check_magic(location, location.path)
    # A crash may leave a log that only a writer can read; on a read-only disk only `immutable` works.
    for mode in ("mode=ro", "mode=rw"):
        try:
            return _read_state(_file_engine(location.path, mode), keep=not _can_write(location.path))
        except OperationalError as error:
            if _is_locked(error):
                raise
    return _read_state(_file_engine(location.path, "mode=ro&immutable=1"), keep=True)


def _check_magic(location: Location, path: Path) -> None:
    # SQLite itself treats a file of less than 100 bytes as an empty database and overwrites it.
    try:
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
    except OSError as error:
        raise RegistryError(
            f"cannot read the registry {location.shown}: {reason_of(error)}; {_ANOTHER}"
        ) from error
    if start != _MAGIC:
        raise RegistryError(f"cannot use the registry {location.shown}: file is not a database; {_ANOTHER}")


def _read_state(engine: Engine, *, keep: bool = False) -> _DatabaseState:
    with engine.connect() as connection:
        tables = frozenset(inspect(connection).get_table_names())
        version = _version(connection) if "alembic_version" in tables else None
    engine.dispose()
    return _DatabaseState(tables - {"alembic_version"}, version, engine if keep else None)


def _version(connection: Connection) -> str | None:
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _can_write(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


# Connecting ----------------------------------------------------------------------------------------------


def _file_engine(path: Path, mode: str) -> Engine:
    uri = f"{path.as_uri()}?{mode}"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, check_same_thread=False)

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    _manage_transactions(engine, foreign_keys=True)
    return engine


def _writable_engine(location: Location, *, foreign_keys: bool) -> Engine:
    try:
        if location.path is None:
            server = create_engine(location.url)
            event.listen(server, "begin", _exclude_other_writers)
            return server
        engine = create_engine(location.url, connect_args={"timeout": BUSY_SECONDS})
    except (ImportError, NoSuchModuleError) as error:
        raise RegistryError(
            f"cannot open the registry {location.shown}: {error}; install the driver of that database"
        ) from error
    _manage_transactions(engine, foreign_keys=foreign_keys)
    return engine


def _manage_transactions(engine: Engine, *, foreign_keys: bool) -> None:
    """Begin transactions explicitly, since Python's sqlite3 begins them late and not around DDL."""

    def on_connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        connection.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        # NORMAL would lose the last commits in a power failure, and a run reported as completed must stay so.
        connection.execute("PRAGMA synchronous = FULL")

    def on_begin(connection: Connection) -> None:
        # A transaction that reads before it writes fails at once if another one wrote in between; IMMEDIATE
        # waits for the lock and takes it at the start.
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)


def _exclude_other_writers(connection: Connection) -> None:
    """The equivalent of SQLite's BEGIN IMMEDIATE for PostgreSQL. The lock is released with the transaction."""
    if connection.dialect.name == "postgresql" and connection.get_execution_options().get("immediate", False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS_LOCK})")


def _use_write_ahead_log(location: Location) -> None:
    """Let readers continue while another process writes. The setting is stored in the file."""
    statement = "PRAGMA journal_mode = WAL"
    with closing(sqlite3.connect(location.shown, timeout=BUSY_SECONDS)) as connection:
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as error:
            raise OperationalError(statement, None, error) from error


# Errors --------------------------------------------------------------------------------------------------


@contextmanager
def _translated(location: Location) -> Iterator[None]:
    """Turn a database's errors about its disk, its locks and its network into a RegistryError."""
    try:
        yield
    except (DamagedDocument, JSONDecodeError) as error:
        raise RegistryError(
            f"the registry {location.shown} is damaged: a document in it cannot be read ({error}); restore it from a "
            "backup"
        ) from error
    except DatabaseError as error:
        # The other subclasses, such as a violated constraint, are bugs of zoo.
        if type(error) not in (DatabaseError, OperationalError) and not _is_refused(error):
            raise
        reason = " ".join(str(error.orig).split())
        advice = next(
            (advice for sign, advice in _ADVICE if sign in reason.lower()), f"check it, or {_ANOTHER}"
        )
        raise RegistryError(f"cannot use the registry {location.shown}: {reason}; {advice}") from error


def _waiting_for_lock(work: Callable[[], Engine]) -> Engine:
    """Retry while another process creates the registry: SQLite does not wait for every kind of lock."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            return work()
        except OperationalError as error:
            if not _is_locked(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _is_refused(error: DatabaseError) -> bool:
    """Whether PostgreSQL denied this user the operation."""
    return getattr(error.orig, "sqlstate", None) == "42501"


def _is_locked(error: OperationalError) -> bool:
    return "locked" in str(error.orig)
