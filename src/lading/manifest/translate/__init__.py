"""
What hangs on files, from the words of one drive into those of another.

The contract counts with these functions and the transfer sets what they give: what was announced is what
happens.  Nothing that comes out is ever wider than what went in; what cannot be held without widening is left
out, with the code of the loss (`lading.model.losses`).

`grants`, `links` and `versions` decide about one thing (or the list of one entry) and are pure; `carried`
does it for all grants of a manifest, and leaves out those that a lost denial, a lost break or a folder
without passage had limited.
"""
