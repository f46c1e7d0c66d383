"""
The vault: contents kept by their digest, packed, compressed and sealed, in any store; snapshots of drives.

Every byte is written down in `docs/formats/vault.md`.  A vault is a map from
the SHA-256 of a content to the content; a manifest says which drive had which
content where, so both together are a snapshot.
"""
