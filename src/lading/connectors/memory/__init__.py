"""
Drives that exist in memory: one that holds what it is given, one that is computed.

Both are real implementations that pass the contract suite.  They do not
outlive the process and cannot be reached from another one.
"""

from lading.connectors.memory.generated import GeneratedDrive
from lading.connectors.memory.memory import MemoryDrive
from lading.connectors.memory.store import MemoryStore

__all__ = ["GeneratedDrive", "MemoryDrive", "MemoryStore"]
