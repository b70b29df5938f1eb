"""What customers say afterwards: follow-ups and complaints; surveys and sampling later.

It refuses to know how the service was done; it asks whether it helped.
"""
