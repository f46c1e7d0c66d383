"""The routes of the API, by the matter they are about."""
