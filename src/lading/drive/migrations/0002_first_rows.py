"""The rows every drive begins with, and an order of text that is the order of bytes on every database."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from django.db import migrations

# Ranges of trails and pages of names count on it; SQLite compares bytes anyway.
_BYTE_ORDER = [("drive_node", "name"), ("drive_node", "trail"), ("drive_lock", "path")]


def _rows(apps: Any, _schema: Any) -> None:
    apps.get_model("drive", "Meta").objects.create(key="epoch", value=1)
    apps.get_model("drive", "Principal").objects.create(
        kind="everybody", key="everybody", name="", created=time.time_ns()
    )


def _byte_order(_apps: Any, schema: Any) -> None:
    if schema.connection.vendor != "postgresql":
        return
    for table, column in _BYTE_ORDER:
        schema.execute(f'ALTER TABLE {table} ALTER COLUMN {column} TYPE text COLLATE "C"')


class Migration(migrations.Migration):
    dependencies: ClassVar = [("drive", "0001_initial")]
    operations: ClassVar = [
        migrations.RunPython(_byte_order, migrations.RunPython.noop),
        migrations.RunPython(_rows, migrations.RunPython.noop),
    ]
