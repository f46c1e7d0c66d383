"""
What is known of an estate, as plain values: one module for each family.

A module that has classes whose instances travel as files names them in `FACTS`; each has a `KIND` and a `VERSION`
(see `lading.stages.readiness.factfile`).  Whoever adds a module adds kinds of files.
"""
