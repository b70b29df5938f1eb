"""Telephone calls: who calls, what the norm has us say and write down, and that none is lost.

It knows no telephone system: each drives it through one signed door.
"""
