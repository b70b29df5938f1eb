"""What was promised to whom: service levels, agreements that copy them, and which of them covers a case.

It refuses to know how requests are worked; it only says what binds them.
"""
