"""Spaces, folders and files: finding, changing, trashing them."""
