"""What was learnt once is found again: articles of problem, cause and remedy, reviewed before anybody reads them.

Knows nothing of service requests: rooms above give it their words as plain text and a case key.
"""
