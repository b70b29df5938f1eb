"""Counting: each clause from the journal."""
