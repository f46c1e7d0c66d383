"""
What all tests share.
"""

import contextlib
import resource

from hypothesis import HealthCheck, settings

# A deadline measures the machine, not the product, and so does how quickly examples are made.  Drives are made anew for each
# example, wherever their folder comes from.
settings.register_profile(
    "patient",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("patient")

# One process runs thousands of tests, each with drives of its own; a login's 1,024 open files would not do.
_SOFT, _HARD = resource.getrlimit(resource.RLIMIT_NOFILE)
with contextlib.suppress(ValueError, OSError):
    _MOST = 16_384 if _HARD == resource.RLIM_INFINITY else min(_HARD, 16_384)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(_SOFT, _MOST), _HARD))
