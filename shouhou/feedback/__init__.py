"""What customers say afterwards: follow-ups now; surveys, complaints and sampling later.

It refuses to know how the service was done; it asks whether it helped.
"""
