"""
Canaries: a known set of hard things that is placed in OLD, followed through each pass, and removed at the end.

`table` says what they are, `kit` what one set of them is made with, `planting`,
`looking` and `removing` act on a drive through its interface alone, and `judging`
decides, as a pure function, what became of each.
"""
