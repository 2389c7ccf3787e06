"""The internals of neighbour embeddings as arrays: what happens to one point, and why.

Every function takes data (and a map) and returns a frozen dataclass; nothing here draws. Up to 500
rows all pairs are looked at; of more, a fixed sample, whose rows the result names.
"""
