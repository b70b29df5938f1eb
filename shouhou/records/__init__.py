"""Records: numbered documents that are printed, signed, filed and then unchangeable; their numbers, PDF and archive.

It refuses to know what a document is about: rooms above register their kinds and hand over plain data.
"""
