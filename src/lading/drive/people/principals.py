"""People, departments, groups and guests."""

from lading.drive.people.closure import EVERYBODY, Reach, closure, reach

__all__ = ["EVERYBODY", "Reach", "closure", "reach"]
