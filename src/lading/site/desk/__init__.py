"""
What the command line does to a drive on its own machine, as the drive itself.

These modules import the tables: they are loaded once Django is set up for a
home.  They find what a person named, call the drive, and return plain values.
"""
