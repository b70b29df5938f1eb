from django.db import migrations

# Append-only twice over: the app role lacks the privileges, and triggers stop whoever has them.
GUARD = """
CREATE FUNCTION shouhou_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the table % is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON shared_event
    FOR EACH STATEMENT EXECUTE FUNCTION shouhou_append_only();
CREATE TRIGGER seal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON shared_seal
    FOR EACH STATEMENT EXECUTE FUNCTION shouhou_append_only();
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'shouhou_app') THEN
        REVOKE UPDATE, DELETE, TRUNCATE ON shared_event, shared_seal FROM shouhou_app;
        GRANT SELECT, INSERT ON shared_event, shared_seal TO shouhou_app;
    END IF;
END $$;
"""
UNGUARD = """
DROP TRIGGER event_append_only ON shared_event;
DROP TRIGGER seal_append_only ON shared_seal;
DROP FUNCTION shouhou_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("shared", "0001_initial")]

    operations = [migrations.RunSQL(GUARD, UNGUARD)]
