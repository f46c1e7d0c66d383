"""
Effective access: who can do what on which entry, worked out from manifests without their drives.

Facts of millions of entries are counted in DuckDB, out of core; people are the bits of whole numbers, so a
rule is applied to all of them at once.  It shares no code with the resolver inside our own drive.
"""
