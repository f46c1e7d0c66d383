"""The audit of the drive: what happened, carried into a chain of records that only grows."""

from lading.drive.audit.spool import note_read

__all__ = ["note_read"]
