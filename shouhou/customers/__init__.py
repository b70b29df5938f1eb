"""Who is served: customers, their sites and contacts, and the projects delivered to them.

It refuses to know what was promised to them and what is installed there.
"""
