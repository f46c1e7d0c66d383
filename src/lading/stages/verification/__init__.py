"""
Prove that two drives hold the same, without trusting whoever copied one into the other.

Both drives are listed and read anew, read-only, by code that knows nothing of
`lading.stages.transfer`.  What a copy left behind in the state folder is read as
data only: names it mapped, objects it excluded, digests it recorded.  Nothing
here changes a drive, mends a difference, or calls equal what was not read.
"""
