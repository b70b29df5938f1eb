from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("requests", "0001_initial")]

    operations = [migrations.RunSQL("CREATE SEQUENCE request_number", "DROP SEQUENCE request_number")]
