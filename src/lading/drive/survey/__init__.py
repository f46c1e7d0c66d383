"""Everything of one kind in the whole drive, page by page, as far as somebody may know of it; nothing is changed."""
