"""Whether the company keeps its word: the adopted clauses with their figures, and the cases behind each figure.

It refuses to keep figures of its own: every one is counted from the journal and the rows it tells of.
"""
