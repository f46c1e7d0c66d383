"""
The WebDAV door of the drive.

`app.application` is a WSGI application for the mount point `/dav`.  Reading,
saving and listing are lanes of our own (`get`, `put`, `propfind`), because they
are nearly all that clients ask for; the rest of RFC 4918 is WsgiDAV's, over the
provider in `provider`.  Nothing is kept in a process: locks and properties are
in the database, so any worker can answer any request.
"""
