"""Spaces, folders, files, versions and what keeps them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Kind(models.IntegerChoices):
    """What a node is."""

    FOLDER = 1
    FILE = 2


class Space(models.Model):
    """
    A team folder.

    *root* is the folder people see, *bin* the hidden one its trash lies in.  *used* is the sum of
    the sizes of all versions, also of those in the trash; *quota* limits it (None: no limit).
    *clock* counts its changes: it is raised inside the transaction of each, so numbers appear in the
    order of commits and a change feed misses none.  *frozen* is the message to users; `""` is not frozen.
    *deleted* hides the space until it comes back or is purged.
    """

    key = models.CharField(max_length=32, unique=True)
    name = models.TextField()
    root = models.ForeignKey("drive.Node", null=True, on_delete=models.PROTECT, related_name="+")
    bin = models.ForeignKey("drive.Node", null=True, on_delete=models.PROTECT, related_name="+")
    quota = models.BigIntegerField(null=True)
    used = models.BigIntegerField(default=0)
    clock = models.BigIntegerField(default=0)
    frozen = models.TextField(default="", blank=True)
    keep_count = models.IntegerField(null=True)
    keep_days = models.IntegerField(null=True)
    keep_thin = models.BooleanField(default=False)
    created = models.BigIntegerField()
    deleted = models.BigIntegerField(null=True)
    deleted_by = models.ForeignKey("drive.Principal", null=True, on_delete=models.SET_NULL, related_name="+")


class Node(models.Model):
    """
    A folder or a file; its id stays through renames and moves.

    *trail* holds the ids of all folders above, from the root of the space down, each followed by a
    slash (`""` for a root): everything below folder F is the range of trails that begin with
    `F.trail + F.id + "/"`.  The facts of the newest version stand here too, so that a listing is one
    query: *number* counts versions of this node from 1 (0 for a folder), *modified* is the
    client's time, *saved* ours.  *breaks* ends the inheritance of allowances from above, never of denials.
    """

    # The index of trails begins with the space, that of names with the parent.
    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="nodes", db_index=False)
    parent = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="children", db_index=False
    )
    name = models.TextField()
    kind = models.SmallIntegerField(choices=Kind.choices)
    trail = models.TextField(default="", blank=True)
    breaks = models.BooleanField(default=False)
    number = models.IntegerField(default=0)
    size = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, default="", blank=True)
    modified = models.BigIntegerField(null=True)
    saved = models.BigIntegerField()
    created = models.BigIntegerField()
    author = models.ForeignKey(
        "drive.Principal", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["parent", "name"], name="node_name_once")]
        indexes: ClassVar = [
            models.Index(fields=["space", "trail"], name="node_trail"),
            models.Index(fields=["space"], condition=models.Q(breaks=True), name="node_breaks"),
        ]


class Content(models.Model):
    """One content in the store, by SHA-256; *seen* is when it was last put."""

    digest = models.CharField(max_length=64, primary_key=True)
    size = models.BigIntegerField()
    seen = models.BigIntegerField()


class Version(models.Model):
    """
    One content of a file.

    *number* counts from 1 within its node and is never used again.  *saved* is when it became the
    newest (a mover with the right to may back-date it), *stored* when this drive really got it.
    """

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.IntegerField()
    digest = models.CharField(max_length=64, db_index=True)
    size = models.BigIntegerField()
    modified = models.BigIntegerField(null=True)
    saved = models.BigIntegerField()
    stored = models.BigIntegerField()
    author = models.ForeignKey(
        "drive.Principal", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    label = models.CharField(max_length=100, default="", blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["node", "number"], name="version_once")]


class Trash(models.Model):
    """
    A node that was deleted: it lies in the bin of its space under its own id as name.

    *parent* and *name* are where it was.  *stage* 1 is the trash of people and spaces, 2 that of the admin.
    """

    node = models.OneToOneField(Node, on_delete=models.CASCADE, related_name="trash")
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+")
    parent = models.ForeignKey(Node, null=True, on_delete=models.SET_NULL, related_name="+")
    name = models.TextField()
    path = models.TextField()
    stage = models.SmallIntegerField(default=1)
    by = models.ForeignKey("drive.Principal", null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.BigIntegerField()


class Hold(models.Model):
    """A legal hold on a node and all below it: no version and no trash of it is removed while it stands."""

    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="holds")
    reason = models.TextField()
    by = models.ForeignKey("drive.Principal", null=True, on_delete=models.SET_NULL, related_name="+")
    created = models.BigIntegerField()
    released = models.BigIntegerField(null=True)
