"""
Move one drive to another, whole and resumable.

A pass scans both drives, plans, moves, and closes its account.  Passes repeat;
each moves only what has changed.
"""
