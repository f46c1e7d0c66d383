"""
Backing a drive up: its manifest, and every content that it names, into a vault.
"""
