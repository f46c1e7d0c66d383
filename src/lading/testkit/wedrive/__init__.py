"""
The server API of WeCom WeDrive (企业微信微盘) on loopback: an emulator for tests and rehearsals.

It is a program of its own with its state on disk and shares no code with the connector, which it has
to judge.  Where the platform's behaviour is not documented there is a switch (`switches`).  A second
door, `/control/`, lets a test set the clock, force errors, act as a person and read the counters.
"""
