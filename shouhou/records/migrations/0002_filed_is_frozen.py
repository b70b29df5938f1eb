from django.db import migrations

# A filed or void record, and every signature, stay as they are, whoever asks; numbers are counted up one by one.
GUARD = """
CREATE SEQUENCE record_number;

CREATE FUNCTION records_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'record % is % and cannot be changed', OLD.id, OLD.status USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE FUNCTION records_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are kept as they are', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE FUNCTION records_open_to_sign() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    state text;
BEGIN
    SELECT status INTO state FROM records_record WHERE id = NEW.record_id FOR SHARE;
    IF state IN ('filed', 'void') THEN
        RAISE EXCEPTION 'record % is % and cannot be signed', NEW.record_id, state USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION records_counted_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.last <> OLD.last + 1 OR (NEW.organisation_id, NEW.kind, NEW.year) <> (OLD.organisation_id, OLD.kind, OLD.year) THEN
        RAISE EXCEPTION 'numbers are counted up one by one' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER record_frozen BEFORE UPDATE ON records_record FOR EACH ROW
    WHEN (OLD.status IN ('filed', 'void')) EXECUTE FUNCTION records_frozen();
CREATE TRIGGER record_kept BEFORE DELETE OR TRUNCATE ON records_record
    FOR EACH STATEMENT EXECUTE FUNCTION records_kept();
CREATE TRIGGER signature_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON records_signature
    FOR EACH STATEMENT EXECUTE FUNCTION records_kept();
CREATE TRIGGER signature_open BEFORE INSERT ON records_signature
    FOR EACH ROW EXECUTE FUNCTION records_open_to_sign();
CREATE TRIGGER counter_counted_up BEFORE UPDATE ON records_counter
    FOR EACH ROW EXECUTE FUNCTION records_counted_up();
CREATE TRIGGER counter_kept BEFORE DELETE OR TRUNCATE ON records_counter
    FOR EACH STATEMENT EXECUTE FUNCTION records_kept();

DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'shouhou_app') THEN
        REVOKE DELETE, TRUNCATE ON records_record, records_counter FROM shouhou_app;
        REVOKE UPDATE, DELETE, TRUNCATE ON records_signature FROM shouhou_app;
        GRANT SELECT, INSERT, UPDATE ON records_record, records_counter TO shouhou_app;
        GRANT SELECT, INSERT ON records_signature TO shouhou_app;
        GRANT USAGE, SELECT ON SEQUENCE record_number TO shouhou_app;
    END IF;
END $$;
"""
UNGUARD = """
DROP TRIGGER record_frozen ON records_record;
DROP TRIGGER record_kept ON records_record;
DROP TRIGGER signature_kept ON records_signature;
DROP TRIGGER signature_open ON records_signature;
DROP TRIGGER counter_counted_up ON records_counter;
DROP TRIGGER counter_kept ON records_counter;
DROP FUNCTION records_frozen();
DROP FUNCTION records_kept();
DROP FUNCTION records_open_to_sign();
DROP FUNCTION records_counted_up();
DROP SEQUENCE record_number;
"""


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]

    operations = [migrations.RunSQL(GUARD, UNGUARD)]
