"""What is installed where: products, their versions, and installed items with their warranties.

It refuses to know who pays for a repair and which promises apply.
"""
