"""What happened."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Event(models.Model):
    """
    One thing that happened, written in the transaction of the change itself.

    It serves twice.  Events with a *clock* are the change feed of their *space*; all of them are
    carried into the audit ledger, and *sealed* is then the number of the record there.
    *facts* is a JSON object without names of files; *path* is the encoded path within the space.
    """

    at = models.BigIntegerField()
    kind = models.CharField(max_length=40)
    actor = models.CharField(max_length=240)
    principal = models.BigIntegerField(null=True)
    space = models.BigIntegerField(null=True)
    clock = models.BigIntegerField(null=True)
    node = models.BigIntegerField(null=True)
    path = models.TextField(default="")
    facts = models.TextField(default="{}")
    sealed = models.BigIntegerField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["space", "clock"], name="event_feed"),
            models.Index(fields=["id"], condition=models.Q(sealed__isnull=True), name="event_unsealed"),
        ]
