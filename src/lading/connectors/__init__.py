"""Every drive behind one small interface; `api.py` is the first file to read."""
