"""An assessment for people: one page, and a table for each owner."""
