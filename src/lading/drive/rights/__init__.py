"""
Who may do what: roles, decisions, grants, walls.

Everything that shows or changes a node asks here first.  `sight` is the one way in; a node that is hidden
is answered as one that does not exist.
"""
