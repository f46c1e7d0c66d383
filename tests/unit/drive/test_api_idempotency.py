"""
The same request twice is one change.
"""

import threading
from typing import Any

import pytest
from django.db import connections

from lading.drive.api import idempotency
from lading.drive.models import Answer, Node
from support.drive_api import Firm, firm


@pytest.fixture
def drive() -> Firm:
    return firm()


def make(drive: Firm, path: str, key: str) -> Any:
    return drive.ann("POST", f"{drive.at}/folders", {"path": path}, headers={"Idempotency-Key": key})


def test_the_same_request_gets_the_same_answer(drive: Firm):
    """
    The second one changes nothing and says that it is a replay.
    """
    first, second = make(drive, "a", "k1"), make(drive, "a", "k1")

    assert (201, 201) == (first.status, second.status)
    assert first.json == second.json
    assert "true" == second.headers["idempotent-replay"]
    assert "idempotent-replay" not in first.headers


def test_the_key_of_another_request_is_refused(drive: Firm):
    """
    A key stands for one request; another person's key is another key.
    """
    make(drive, "a", "k1")
    other = drive.bob("POST", "/tokens", {"name": "t", "scopes": ["read"]}, headers={"Idempotency-Key": "k1"})

    assert (422, "unfit") == (make(drive, "b", "k1").status, make(drive, "b", "k1").code)
    assert 201 == other.status
    assert 422 == make(drive, "c", "x" * 201).status
    assert 422 == make(drive, "c", "with space").status


def test_a_refusal_is_not_kept(drive: Firm):
    """
    Who was refused may ask again with the same key once the reason is gone.
    """
    refused = make(drive, "f/a", "k1")
    drive.folder("f")

    assert 404 == refused.status
    assert not Answer.objects.exists()
    assert 201 == make(drive, "f/a", "k1").status


def test_change_and_answer_are_kept_together(drive: Firm, monkeypatch: pytest.MonkeyPatch):
    """
    Whatever happens before the answer is kept takes the change back: a retry finds nothing done.
    """
    with monkeypatch.context() as broken:
        broken.setattr(idempotency, "_without_secrets", lambda _: 1 / 0)
        failed = make(drive, "a", "k1")

    assert (500, "internal") == (failed.status, failed.code)
    assert not Node.objects.filter(name="a").exists()
    assert 201 == make(drive, "a", "k1").status


def test_a_secret_is_shown_once(drive: Firm):
    """
    What is kept holds no text of a token; the token that was made is the same one.
    """
    ask = {"name": "t", "scopes": ["read"]}
    first, second = (drive.ann("POST", "/tokens", ask, headers={"Idempotency-Key": "k"}) for _ in range(2))

    assert first.json["token"].startswith("lading_")
    assert second.json == {**first.json, "token": None}
    assert first.json["token"] not in Answer.objects.values_list("body", flat=True).get()


def test_two_at_once_are_one_change(drive: Firm):
    """
    Requests that run at the same time wait for each other: one makes the folder, the others get its answer.
    """
    answers: list[Any] = []

    def ask() -> None:
        try:
            answers.append(make(drive, "a", "k1"))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [201] * 4 == [answer.status for answer in answers]
    assert 1 == len({answer.json["id"] for answer in answers})
    assert 3 == sum("idempotent-replay" in answer.headers for answer in answers)


def test_an_answer_without_a_body_is_replayed(drive: Firm):
    """
    A deletion told twice is one deletion.
    """
    drive.save("a")
    answers = [
        drive.ann("DELETE", f"{drive.at}/entry", query={"path": "a"}, headers={"Idempotency-Key": "k"})
        for _ in range(2)
    ]

    assert [(204, b""), (204, b"")] == [(answer.status, answer.body) for answer in answers]
