"""The building: the only package that knows every room. It refuses to hold business rules."""
