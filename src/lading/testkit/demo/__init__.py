"""
A demonstration: a generated firm moves over a bad network, is killed, goes on, and is proven whole.

`python -m lading.testkit.demo` runs the real command `lading` against a real
WebDAV server behind a network that drops, delays and truncates.  It ends with
0 only if every command did, every account closed, and the new drive equals
what the generator knows it wrote.  It touches nothing outside its folder and
talks to 127.0.0.1 only.
"""
