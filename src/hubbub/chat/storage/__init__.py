"""What the rules need of a store: one interface for each aggregate, split into reading and changing.

Records that are read within a `Transaction` are live: change them, then `save` them. Do not change those of a
`Snapshot`.
"""
