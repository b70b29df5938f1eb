"""Who works here and in whose name: users, organisations, and the roles people hold in them.

It refuses to know customers, promises and everything that is done for them.
"""
