"""Staff pages that span rooms: the work desk, customer 360, search, the first-run wizard and the import door.

It owns no business rows of its own.
"""
