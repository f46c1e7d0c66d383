"""
What all tests share.
"""

from hypothesis import settings

# A deadline measures the machine, not the product.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
