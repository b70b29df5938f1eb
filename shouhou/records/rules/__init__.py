"""What a document is, how it is written down, and how it is printed: no database in here."""
