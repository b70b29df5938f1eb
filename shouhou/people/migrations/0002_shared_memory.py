"""The table in which all web processes count failed sign-ins together (Django's DatabaseCache makes none by itself)."""

from django.db import migrations

MAKE = """
CREATE TABLE shared_memory (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamp with time zone NOT NULL
);
CREATE INDEX shared_memory_expires ON shared_memory (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]

    operations = [migrations.RunSQL(MAKE, "DROP TABLE shared_memory")]
