"""What customers see: their requests, promises and answers, by link or signed in.

It owns no business rows of its own.
"""
