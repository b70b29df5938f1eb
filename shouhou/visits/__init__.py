"""On-site service: planned, carried out by the ten steps, signed by the customer.

It refuses to know how the wish for a visit arose: it fulfils on-site service requests, and tells the request of it.
"""
