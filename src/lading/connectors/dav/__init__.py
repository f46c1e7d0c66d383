"""
Speaking WebDAV: what connectors to its servers share.

Properties, listings, contents, moves and what is known of single kinds of
servers.  Which server a drive is, and what hangs on its files, the connectors know.
"""
