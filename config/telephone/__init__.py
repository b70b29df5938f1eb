"""`./run telephone`: listens to a telephone system and tells our signed door. Needs neither Django nor a database."""
