"""
What all tests share.
"""

import contextlib
import resource

from hypothesis import settings

# A deadline measures the machine, not the product.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

# One process runs thousands of tests, each with drives of its own; a login's 1,024 open files would not do.
_SOFT, _HARD = resource.getrlimit(resource.RLIMIT_NOFILE)
with contextlib.suppress(ValueError, OSError):
    _MOST = 16_384 if _HARD == resource.RLIM_INFINITY else min(_HARD, 16_384)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(_SOFT, _MOST), _HARD))
