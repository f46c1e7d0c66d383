"""Whether tables and store agree, what to do where they do not, and what is removed in time."""

from lading.drive.check.checking import check
from lading.drive.check.findings import KINDS, Finding, Hit, Report, Severity
from lading.drive.check.sweeping import Swept, sweep
from lading.drive.check.tidy import Tidied, tidy

__all__ = ["KINDS", "Finding", "Hit", "Report", "Severity", "Swept", "Tidied", "check", "sweep", "tidy"]
