"""Grants and walls."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Grant(models.Model):
    """
    *principal* has *role* on *node* and all below it; with *deny* it is a denial of that role and all above it.

    Roles are `lading.drive.rights.roles.Role`.  A space's own admins have MANAGE on its root.
    """

    node = models.ForeignKey("drive.Node", on_delete=models.CASCADE, related_name="grants")
    principal = models.ForeignKey("drive.Principal", on_delete=models.CASCADE, related_name="grants")
    role = models.SmallIntegerField()
    deny = models.BooleanField(default=False)
    expires = models.BigIntegerField(null=True)
    by = models.ForeignKey("drive.Principal", null=True, on_delete=models.SET_NULL, related_name="+")
    created = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["node", "principal", "deny"], name="grant_once"),
        ]


class Wall(models.Model):
    """Two sides, each a set of spaces; nobody may have access on both."""

    name = models.CharField(max_length=200, unique=True)
    created = models.BigIntegerField()


class WallSide(models.Model):
    """*space* lies on *side* (0 or 1) of *wall*."""

    wall = models.ForeignKey(Wall, on_delete=models.CASCADE, related_name="sides")
    side = models.SmallIntegerField()
    space = models.ForeignKey("drive.Space", on_delete=models.CASCADE, related_name="walls")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["wall", "space"], name="wall_side_once")]
