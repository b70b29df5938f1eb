"""Bring a database to this version: roles, migrations, reference data."""

import os

from config.roles import APP, OWNER, as_role, create_database, provision


def prepare(url: str, server: str = "") -> None:
    """Provision the database at `url` and migrate it as its owner; the process then goes on as the app role."""
    if server:
        create_database(server, "shouhou")
    provision(url)
    os.environ["DATABASE_URL"] = as_role(url, APP)
    migrate(as_role(url, OWNER))


def migrate(owner_url: str) -> None:
    """Apply what is missing; costs one query when nothing is."""
    import django
    from django.conf import settings

    django.setup()
    from django.core.management import call_command
    from django.db import connection, connections
    from django.db.migrations.executor import MigrationExecutor

    from config import environment

    settings.DATABASES["owner"] = {**connections.settings["default"], **environment.database(owner_url)}
    connections.settings["owner"] = settings.DATABASES["owner"]
    executor = MigrationExecutor(connections["owner"])
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", database="owner", verbosity=0, interactive=False)
    connections["owner"].close()
    connection.close()
