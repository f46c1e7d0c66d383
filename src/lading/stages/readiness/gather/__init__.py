"""How facts are come by: the only modules of readiness that read drives, files and servers."""
