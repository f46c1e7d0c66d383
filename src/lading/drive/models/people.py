"""Who uses the drive: principals, accounts, tokens."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class Meta(models.Model):
    """Single values of the whole drive, e.g. `epoch`, which moves whenever rights, people or spaces do."""

    key = models.CharField(max_length=40, primary_key=True)
    value = models.BigIntegerField(default=0)


class Principal(models.Model):
    """
    A person, guest, department, group, or `everybody`.

    *key* is the id the firm uses (a staff number, a login, a department code) and never changes;
    *parent* is the department above a department; *owner* and *until* belong to guests.
    """

    class Kind(models.TextChoices):
        PERSON = "person"
        GUEST = "guest"
        DEPARTMENT = "department"
        GROUP = "group"
        EVERYBODY = "everybody"

    kind = models.CharField(max_length=12, choices=Kind.choices)
    key = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=300, default="")
    mail = models.CharField(max_length=320, default="")
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    owner = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="guests")
    until = models.BigIntegerField(null=True)
    active = models.BooleanField(default=True)
    created = models.BigIntegerField()


class Membership(models.Model):
    """*member* (a person, guest, department or group) belongs to *group* (a group or department)."""

    member = models.ForeignKey(Principal, on_delete=models.CASCADE, related_name="belongs")
    group = models.ForeignKey(Principal, on_delete=models.CASCADE, related_name="holds")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["member", "group"], name="membership_once")]


class Account(AbstractBaseUser):
    """
    What a person or guest signs in with.

    *admin* is at most one of the three separated roles; `""` is an ordinary person.
    """

    class Admin(models.TextChoices):
        NONE = ""
        SYSTEM = "system"
        SECURITY = "security"
        AUDIT = "audit"

    principal = models.OneToOneField(Principal, on_delete=models.CASCADE, related_name="account")
    login = models.CharField(max_length=200, unique=True)
    admin = models.CharField(max_length=10, choices=Admin.choices, default="", blank=True)
    created = models.BigIntegerField()

    objects: ClassVar = BaseUserManager()
    USERNAME_FIELD = "login"
    REQUIRED_FIELDS: ClassVar = []


class Token(models.Model):
    """An access token; only the SHA-256 of its text is kept.  *scopes* are words joined by spaces."""

    digest = models.CharField(max_length=64, unique=True)
    principal = models.ForeignKey(Principal, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=200, default="")
    scopes = models.CharField(max_length=200)
    created = models.BigIntegerField()
    expires = models.BigIntegerField(null=True)
    revoked = models.BigIntegerField(null=True)


class OneTime(models.Model):
    """A secret that works once, e.g. the first sign-in of an empty drive."""

    digest = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=40)
    principal = models.ForeignKey(Principal, null=True, on_delete=models.CASCADE, related_name="+")
    created = models.BigIntegerField()
    expires = models.BigIntegerField()
    used = models.BigIntegerField(null=True)


class Throttle(models.Model):
    """Failed tries against one lock (an account, a link, an address); *until* is when the next is heard."""

    key = models.CharField(max_length=120, primary_key=True)
    failures = models.IntegerField(default=0)
    until = models.BigIntegerField(default=0)


class BreakGlass(models.Model):
    """A system admin's access to content for a stated reason and time."""

    principal = models.ForeignKey(Principal, on_delete=models.CASCADE, related_name="+")
    space = models.ForeignKey("drive.Space", on_delete=models.CASCADE, related_name="+")
    reason = models.TextField()
    created = models.BigIntegerField()
    expires = models.BigIntegerField()
