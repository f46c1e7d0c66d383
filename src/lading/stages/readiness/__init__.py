"""
Readiness: know before the start what would make an upgrade fail.

Facts are gathered by modules that read logs, probes, servers and manifests; what they mean is judged apart from
that, by one pure function per check (`checks`), so that the same facts always give the same findings.
Nothing here writes to a drive.
"""
