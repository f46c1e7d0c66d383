"""
A drive written down at one moment, and what can be said about two of them.

`scan` writes a manifest, `read` opens one, `compare` holds two against each
other, `fingerprint` puts one into a line.  The files are described byte for
byte in `docs/formats/manifest.md`.
"""
