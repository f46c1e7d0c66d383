"""What systems support, as files that people may write too: see docs/manual/clients.md."""
