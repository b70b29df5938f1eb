"""Hearing telephone systems, answering calls, and what follows from them."""
