"""How Django knows the drive."""

from django.apps import AppConfig


class DriveConfig(AppConfig):
    """The one application of the drive; its tables are named `drive_…`."""

    name = "lading.drive"
    label = "drive"
    default_auto_field = "django.db.models.BigAutoField"
