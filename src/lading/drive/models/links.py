"""Shares by URL."""

from __future__ import annotations

from django.db import models


class Link(models.Model):
    """
    A share of *node* by URL; only the SHA-256 of its token is kept.

    *version* pins a number (None follows the newest).  *role* is PREVIEW or DOWNLOAD; *inside* asks for a
    signed-in person.  *limit* counts downloads (None: no limit).  *password* is a hash of Django's.
    """

    key = models.CharField(max_length=32, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    node = models.ForeignKey("drive.Node", on_delete=models.CASCADE, related_name="links")
    version = models.IntegerField(null=True)
    role = models.SmallIntegerField()
    inside = models.BooleanField(default=False)
    password = models.CharField(max_length=200, default="", blank=True)
    expires = models.BigIntegerField(null=True)
    limit = models.IntegerField(null=True)
    used = models.IntegerField(default=0)
    by = models.ForeignKey("drive.Principal", on_delete=models.CASCADE, related_name="links")
    created = models.BigIntegerField()
    revoked = models.BigIntegerField(null=True)
