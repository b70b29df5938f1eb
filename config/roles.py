"""Two database roles: `shouhou_owner` owns and migrates, `shouhou_app` runs the product and owns nothing."""

from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import psycopg
from psycopg import sql

OWNER = "shouhou_owner"
APP = "shouhou_app"
EXTENSIONS = ("pg_trgm", "btree_gist")


def as_role(url: str, role: str) -> str:
    """The same address, with every session running as `role`.

    An embedded cluster (socket, trust) signs in as the role itself; elsewhere the given user switches to it.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    if parts.username == "postgres" and parts.password is None and query.get("host", "").startswith("/"):
        return urlunsplit(parts._replace(netloc=f"{role}@"))
    query["options"] = f"-c role={role}"
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote)))


def provision(url: str) -> None:
    """Make both roles and the extensions, and give the app role its rights on whatever the owner will make.

    Runs as the user of `url`, who must be allowed to create roles the first time. Safe to repeat.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        for role in (OWNER, APP):
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
        me = connection.info.user
        for role in (OWNER, APP):
            if me != "postgres":
                connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(me)))
        for extension in EXTENSIONS:
            connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
        for statement in (
            f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER}",
            f"GRANT USAGE ON SCHEMA public TO {APP}",
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public "
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP}",
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {APP}",
        ):
            connection.execute(statement)
        trigrams = connection.execute("SELECT show_trgm('空调')").fetchone()
        if not trigrams or not trigrams[0]:
            raise RuntimeError("This database cannot search Chinese: its LC_CTYPE is C. Make it anew with C.UTF-8.")


def create_database(url: str, name: str, template: str | None = None) -> None:
    """Make a database on the server of `url` unless it exists; `template` copies another one whole."""
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template:
            statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
        connection.execute(statement)
