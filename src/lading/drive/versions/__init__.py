"""The versions of a file, how long they are kept, and the legal holds that beat every rule."""
