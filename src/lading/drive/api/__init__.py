"""
The JSON API of the drive, below `/api/v1/`.

Each module of `routes` declares what it answers as rows of `routing.Route`; `urls` joins
them.  Nothing here decides about rights or changes a table by itself: a route reads
the request strictly, calls the package that owns the matter, and says the outcome.
"""
