"""What the doors of the drive need to remember: locks, properties, unfinished uploads, answers given."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Lock(models.Model):
    """
    A WebDAV lock on an address below the root of the door; *path* is its decoded form, which need not exist yet.

    *deep* is depth infinity.
    """

    token = models.CharField(max_length=80, unique=True)
    path = models.TextField(db_index=True)
    principal = models.ForeignKey("drive.Principal", on_delete=models.CASCADE, related_name="+")
    owner = models.TextField(default="", blank=True)
    exclusive = models.BooleanField(default=True)
    deep = models.BooleanField(default=True)
    timeout = models.IntegerField(default=600)
    expires = models.BigIntegerField()


class Property(models.Model):
    """A dead property (RFC 4918) of a node; *value* is XML text."""

    node = models.ForeignKey("drive.Node", on_delete=models.CASCADE, related_name="properties")
    name = models.TextField()
    value = models.TextField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["node", "name"], name="property_once")]


class Partial(models.Model):
    """
    An upload in several sittings, known to its owner by *token*; its bytes lie in the store.

    *digest* is set once it is whole and has become a content, with its *size*, that waits for its place.
    """

    principal = models.ForeignKey("drive.Principal", on_delete=models.CASCADE, related_name="+")
    token = models.CharField(max_length=64)
    key = models.CharField(max_length=32, unique=True)
    size = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, default="", blank=True)
    touched = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["principal", "token"], name="partial_once")]


class Answer(models.Model):
    """The answer once given to a request with an idempotency key; given again for the same request."""

    principal = models.ForeignKey("drive.Principal", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    request = models.CharField(max_length=64)
    status = models.IntegerField()
    headers = models.TextField(default="")
    body = models.TextField(default="")
    created = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["principal", "key"], name="answer_once")]
