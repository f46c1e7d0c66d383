"""
Where the double keeps everything: one SQLite file, and contents as files beside it.

Contents never change once they have a name, so a reader that has opened one
reads on while others write.  Every request runs in one transaction under one
lock; contents that a transaction gives up are removed after it.
"""

import contextlib
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS root(node INTEGER PRIMARY KEY, kind TEXT, owner TEXT);
CREATE TABLE IF NOT EXISTS node(id INTEGER PRIMARY KEY AUTOINCREMENT, root INTEGER, parent INTEGER, name TEXT,
  folder INTEGER, size INTEGER DEFAULT 0, mtime INTEGER, ctime INTEGER DEFAULT 0, upload INTEGER DEFAULT 0,
  etag TEXT, checksum TEXT DEFAULT '', blob TEXT, author TEXT DEFAULT '', label TEXT DEFAULT '', encrypted INTEGER DEFAULT 0);
CREATE UNIQUE INDEX IF NOT EXISTS node_name ON node(parent, name);
CREATE TABLE IF NOT EXISTS property(node INTEGER, name TEXT, value TEXT, PRIMARY KEY(node, name));
CREATE TABLE IF NOT EXISTS locked(node INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS favorite(user TEXT, node INTEGER, PRIMARY KEY(user, node));
CREATE TABLE IF NOT EXISTS version(node INTEGER, mtime INTEGER, size INTEGER, blob TEXT, etag TEXT,
  author TEXT, label TEXT DEFAULT '', PRIMARY KEY(node, mtime));
CREATE TABLE IF NOT EXISTS trash(node INTEGER PRIMARY KEY, origin INTEGER, name TEXT, location TEXT, time INTEGER, deleter TEXT);
CREATE TABLE IF NOT EXISTS user(id TEXT PRIMARY KEY, password TEXT, name TEXT, email TEXT, quota INTEGER, enabled INTEGER);
CREATE TABLE IF NOT EXISTS circle(id TEXT PRIMARY KEY, name TEXT, owner TEXT);
CREATE TABLE IF NOT EXISTS inner_member(circle TEXT, kind TEXT, id TEXT, PRIMARY KEY(circle, kind, id));
CREATE TABLE IF NOT EXISTS room(token TEXT PRIMARY KEY, name TEXT);
CREATE TABLE IF NOT EXISTS member(kind TEXT, id TEXT, user TEXT, PRIMARY KEY(kind, id, user));
CREATE TABLE IF NOT EXISTS team(id TEXT PRIMARY KEY, name TEXT);
CREATE TABLE IF NOT EXISTS token(hash TEXT PRIMARY KEY, user TEXT, name TEXT);
CREATE TABLE IF NOT EXISTS share(id INTEGER PRIMARY KEY AUTOINCREMENT, type INTEGER, node INTEGER, owner TEXT, sharer TEXT,
  recipient TEXT, bits INTEGER, target TEXT, token TEXT, password TEXT, expires TEXT, note TEXT DEFAULT '',
  label TEXT DEFAULT '', hide INTEGER DEFAULT 0, attributes TEXT, time INTEGER, sendpw INTEGER DEFAULT 0);
CREATE TABLE IF NOT EXISTS received(share INTEGER, user TEXT, target TEXT, refused INTEGER DEFAULT 0, PRIMARY KEY(share, user));
CREATE TABLE IF NOT EXISTS teamfolder(id INTEGER PRIMARY KEY AUTOINCREMENT, mount TEXT, quota INTEGER, acl INTEGER, node INTEGER, closed INTEGER DEFAULT 0);
CREATE TABLE IF NOT EXISTS teamgroup(folder INTEGER, kind TEXT, id TEXT, bits INTEGER, PRIMARY KEY(folder, id));
CREATE TABLE IF NOT EXISTS manager(folder INTEGER, kind TEXT, id TEXT, PRIMARY KEY(folder, kind, id));
CREATE TABLE IF NOT EXISTS rule(node INTEGER, kind TEXT, id TEXT, mask INTEGER, bits INTEGER, PRIMARY KEY(node, kind, id));
CREATE TABLE IF NOT EXISTS external(node INTEGER PRIMARY KEY, mount TEXT, users TEXT, bits INTEGER);
CREATE TABLE IF NOT EXISTS tag(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, visible INTEGER, assignable INTEGER, UNIQUE(name, visible, assignable));
CREATE TABLE IF NOT EXISTS tagged(node INTEGER, tag INTEGER, PRIMARY KEY(node, tag));
CREATE TABLE IF NOT EXISTS comment(id INTEGER PRIMARY KEY AUTOINCREMENT, node INTEGER, actor TEXT, message TEXT, time INTEGER);
CREATE TABLE IF NOT EXISTS activity(id INTEGER PRIMARY KEY AUTOINCREMENT, affected TEXT, actor TEXT, app TEXT, type TEXT,
  subject TEXT, node INTEGER, path TEXT, time INTEGER);
CREATE TABLE IF NOT EXISTS upload(user TEXT, id TEXT, time INTEGER, PRIMARY KEY(user, id));
CREATE TABLE IF NOT EXISTS chunk(user TEXT, upload TEXT, name TEXT, size INTEGER, blob TEXT, time INTEGER, PRIMARY KEY(user, upload, name));
CREATE INDEX IF NOT EXISTS share_node ON share(node);
CREATE INDEX IF NOT EXISTS share_recipient ON share(recipient);
CREATE INDEX IF NOT EXISTS activity_user ON activity(affected, id);
"""

Row = sqlite3.Row


class Store:
    """The database and the contents below *home*; both outlive the process, also when it is killed."""

    def __init__(self, home: Path) -> None:
        self.contents = home / "contents"
        self.contents.mkdir(parents=True, exist_ok=True)
        self.lock = threading.RLock()
        self._doomed: list[str] = []
        self._db = sqlite3.connect(home / "cloud.db", check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        # A killed process loses nothing with WAL; a power cut is not what is tested here.
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;" + SCHEMA)
        self._db.execute("INSERT OR IGNORE INTO meta VALUES('instance', ?)", ("oc" + secrets.token_hex(5),))

    @contextlib.contextmanager
    def change(self) -> Iterator[None]:
        """One transaction; an exception takes all of it back."""
        with self.lock:
            self._db.execute("BEGIN")
            self._doomed.clear()
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
            for blob in self._doomed:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self.path(blob))

    def keep(self) -> None:
        """Make what the request has done so far stand, whatever comes after."""
        self._db.execute("COMMIT")
        self._db.execute("BEGIN")

    def rows(self, sql: str, *values: Any) -> list[Row]:
        return self._db.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> Row | None:
        found: Row | None = self._db.execute(sql, values).fetchone()
        return found

    def value(self, sql: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        found = self.row(sql, *values)
        return None if found is None else found[0]

    def run(self, sql: str, *values: Any) -> int:
        """Execute and return the id of the last row inserted."""
        return int(self._db.execute(sql, values).lastrowid or 0)

    def path(self, blob: str) -> Path:
        return self.contents / blob

    def new_blob(self) -> str:
        """A name for a new content; the caller writes it."""
        return secrets.token_hex(12)

    def twin(self, blob: str) -> str:
        """Another name for the same content."""
        copy = self.new_blob()
        os.link(self.path(blob), self.path(copy))
        return copy

    def drop(self, blob: str | None) -> None:
        """Remove a content once the transaction stands."""
        if blob:
            self._doomed.append(blob)

    @property
    def instance(self) -> str:
        return str(self.value("SELECT value FROM meta WHERE key='instance'"))
