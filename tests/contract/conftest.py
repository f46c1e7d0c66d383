"""
The contract suite lives in the test kit; its assertions are to explain themselves all the same.
"""

import pytest

pytest.register_assert_rewrite("lading.testkit.contract")
