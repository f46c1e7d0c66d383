"""
A bad network in front of any TCP server: it drops, delays, throttles, truncates and goes dark.

It forwards bytes and knows no protocol.  What befalls a connection is decided
from the seed and the number of the connection, so that a run can be repeated;
which request travels on which connection is the client's affair.  It listens
on 127.0.0.1 only.

In a process: `with BadNetwork(("127.0.0.1", 8080), Rules(...), seed=1) as network: network.port`.
Apart from it: `python -m lading.testkit.badnet --target 127.0.0.1:8080 --drop-per-mib 0.5`, which
prints its port as the first line, its counts at the end, and stops at SIGTERM or SIGINT.
"""

from lading.testkit.badnet.line import HOST
from lading.testkit.badnet.network import BadNetwork
from lading.testkit.badnet.rules import MIB, Counts, Fate, Rules, fate

__all__ = ["HOST", "MIB", "BadNetwork", "Counts", "Fate", "Rules", "fate"]
