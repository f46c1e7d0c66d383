"""
The checks: one module each, with a `CHECK` (`lading.stages.readiness.findings.Check`).

Every module of this package is a check; whoever adds a file adds a check.
"""
