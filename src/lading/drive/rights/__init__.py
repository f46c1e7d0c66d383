"""Who may do what: roles, decisions, grants, walls."""
