"""
A double of Nextcloud 33 for tests: a real HTTP server in a process of its own.

Written from Nextcloud's public documentation and from measurements of the real
product, never from what a client of ours happens to send.  What it does not
imitate stands in docs/howto/nextcloud-double.md; tests start it through
`lading.testkit.servers.NextcloudDouble`.
"""
