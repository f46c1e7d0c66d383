"""
`drive.toml`: what it may say, and what it leads to.
"""

from pathlib import Path

import pytest

from lading.model.errors import BadRequest
from lading.site.config import DriveConfig, endpoint, load
from lading.site.database import database
from lading.site.proxies import believing


def written(home: Path, text: str) -> DriveConfig:
    (home / "drive.toml").write_text(text, encoding="utf-8")
    return load(str(home))


def test_an_empty_folder_is_a_whole_configuration(tmp_path: Path) -> None:
    """Without a file every setting has its default: SQLite and files in the home, on loopback."""
    said = load(str(tmp_path))

    assert DriveConfig(home=str(tmp_path)) == said
    assert ("127.0.0.1", 8480) == endpoint(said.listen)
    assert str(tmp_path / "drive.sqlite") == database(said)["NAME"]


@pytest.mark.parametrize(
    ("listen", "meant"),
    [
        ("127.0.0.1:0", ("127.0.0.1", 0)),
        (":80", ("127.0.0.1", 80)),
        ("[::1]:8480", ("::1", 8480)),
        ("0.0.0.0:65535", ("0.0.0.0", 65535)),
        ("drive.local:1", ("drive.local", 1)),
    ],
)
def test_where_to_listen(listen: str, meant: tuple[str, int]) -> None:
    """Host and port; without a host it is loopback, never everywhere."""
    assert meant == endpoint(listen)


@pytest.mark.parametrize("listen", ["", "8480", "host:", "host:x", "host:65536", "host:-1", "host:٣"])
def test_where_nobody_can_listen(listen: str) -> None:
    """What is no port is refused."""
    with pytest.raises(BadRequest):
        endpoint(listen)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("listen = 1", "listen"),
        ('sync = "yes"', "sync"),
        ("audit_days = 179", "audit_days"),
        ("audit_days = true", "audit_days"),
        ("trash_days = -1", "trash_days"),
        ("home = '/'", "home"),
        ("[database]", "database"),
        ("proxies = 'nginx'", "proxies"),
    ],
)
def test_a_value_that_cannot_be_is_named(text: str, named: str, tmp_path: Path) -> None:
    """The setting is named in both languages; audit records are never kept for less than 180 days."""
    with pytest.raises(BadRequest) as caught:
        written(tmp_path, text)
    assert named in caught.value.details.en and named in caught.value.details.zh


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 give a sentence."""
    (tmp_path / "drive.toml").write_bytes(b"listen = '\xff'")
    with pytest.raises(BadRequest):
        load(str(tmp_path))


def test_the_address_of_a_database_is_taken_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """User, host, port, name and options of libpq; the password comes by reference."""
    monkeypatch.setenv("DRIVE_DB", "s3cret")
    url = "postgresql://lading@db.example.com:5433/deals%20one?sslmode=verify-full"
    made = database(written(tmp_path, f'database = "{url}"\ndatabase_password = "env:DRIVE_DB"'))

    facts = {name: made[name] for name in ("USER", "HOST", "PORT", "NAME", "PASSWORD", "OPTIONS")}
    assert facts == {
        "USER": "lading",
        "HOST": "db.example.com",
        "PORT": "5433",
        "NAME": "deals one",
        "PASSWORD": "s3cret",
        "OPTIONS": {"sslmode": "verify-full"},
    }


def test_a_folder_of_sockets_is_a_host(tmp_path: Path) -> None:
    """`?host=` names the folder where the server has its socket, as libpq has it."""
    assert (
        "/run/postgresql"
        == database(written(tmp_path, 'database = "postgresql://a@/b?host=/run/postgresql"'))["HOST"]
    )


@pytest.mark.parametrize(
    "url", ["mysql://a@b/c", "postgresql://a@b", "postgresql://a:pw@b/c", "postgresql://a@b:x/c"]
)
def test_a_database_that_cannot_be_is_refused(url: str, tmp_path: Path) -> None:
    """Another kind, no name, a password in the address, no port: a sentence that never repeats the password."""
    with pytest.raises(BadRequest) as caught:
        database(written(tmp_path, f'database = "{url}"'))
    assert ":pw" not in str(caught.value)


@pytest.mark.parametrize(
    ("proxies", "came_from", "forwarded", "asks"),
    [
        ("", "127.0.0.1", "203.0.113.9", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "198.51.100.7", "203.0.113.9", "198.51.100.7"),
        ("127.0.0.1, 10.0.0.0/8", "127.0.0.1", "1.2.3.4, 203.0.113.9, 10.1.2.3", "203.0.113.9"),
        ("127.0.0.1", "127.0.0.1", "1.2.3.4, <script>", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1", "", "127.0.0.1"),
        ("::1", "::1", "2001:db8::5", "2001:db8::5"),
    ],
)
def test_only_our_proxies_are_believed_about_who_asks(
    proxies: str, came_from: str, forwarded: str, asks: str
) -> None:
    """The last address that no proxy of ours has counts; what a stranger wrote before it does not."""
    environ = {"REMOTE_ADDR": came_from, "HTTP_X_FORWARDED_FOR": forwarded}
    believing(proxies)(environ)

    assert asks == environ["REMOTE_ADDR"]


@pytest.mark.parametrize(("said", "meant"), [("https", "https"), ("javascript", "http"), ("", "http")])
def test_a_proxy_tells_the_scheme(said: str, meant: str) -> None:
    """`https` or `http`, nothing else."""
    environ = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_PROTO": said, "wsgi.url_scheme": "http"}
    believing("127.0.0.1")(environ)

    assert meant == environ["wsgi.url_scheme"]
