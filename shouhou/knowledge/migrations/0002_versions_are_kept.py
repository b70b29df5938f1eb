from django.db import migrations

# What was once published stays as it was read, whoever asks.
GUARD = """
CREATE FUNCTION knowledge_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'published versions are kept as they are' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER version_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON knowledge_articleversion
    FOR EACH STATEMENT EXECUTE FUNCTION knowledge_kept();
"""
UNGUARD = """
DROP TRIGGER version_kept ON knowledge_articleversion;
DROP FUNCTION knowledge_kept();
"""


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0001_initial")]

    operations = [migrations.RunSQL(GUARD, UNGUARD)]
