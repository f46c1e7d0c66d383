"""
Planning: what an upgrade will do, said before it begins.

Who is who on the new drive (`matching`), and what survives (`contract`).
Nothing here writes to a drive.
"""
