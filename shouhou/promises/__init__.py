"""The heart: what was promised, counted exactly as the law counts, and always explained.

It refuses to know which sort of case a promise runs on and why somebody made it.
"""
