"""
The words of the field as plain values.

Nothing in this package touches a disk, a network or a database, and it needs
nothing but the standard library.
"""
