"""
A drive tried out before the work: what the account in use may do on it, and what it may not.

`asking` asks the drive and keeps every answer, errors included; `judging` makes lines of them and touches nothing.
"""
