"""
Our own drive: spaces, versions, rights, links, WebDAV and an API.

It is a Django application that knows nothing of upgrades: of Lading it imports
only `model` and `evidence`.  Settings, addresses and servers live in
`lading.site`.
"""
