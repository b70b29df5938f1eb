"""What people are told, in their language: notices on screen, and mail through an outbox.

It refuses to know why somebody is told; rooms above say whom and what.
"""
