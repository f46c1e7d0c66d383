"""Lading upgrades an enterprise file drive and proves that nothing was lost."""

__version__ = "0.1.0"
