"""
Speaking HTTP over libcurl: what connectors to servers share.

Connections, logins, bodies that are pulled and checked, and what went wrong on
the wire as errors of the family.  Nothing here knows a protocol above HTTP.
"""
