"""The house plan, as far as linters cannot see it: floors, doors, file sizes, addresses, facts."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest
from django.apps import apps
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.functional import Promise

from shouhou.promises.rules.presets import all_presets
from shouhou.shared.facts import DECLARED, LISTENERS
from shouhou.shared.lifecycle import Lifecycle

ROOT = Path(__file__).resolve().parent.parent
PLAN = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
LAYERS = next(contract for contract in PLAN if contract["name"].startswith("Floors"))["layers"]
FLOOR = {
    room.strip(" ()"): height for height, layer in enumerate(reversed(LAYERS)) for room in layer.split("|")
}  # room -> floor, the cellar is 0
OPEN_DOORS = {"models", "actions", "rules"}
# The sweep in promises/jobs.py asks a registry which rooms hold promised cases; they enter themselves at the start.
ALLOWED = {f"shouhou.{room}.apps imports shouhou.promises.jobs" for room in ("requests", "feedback", "hotline")}
FOREIGN = {".git", ".venv", ".hypothesis", "var", "node_modules", "__pycache__", "build", "dist"}

# Addresses that somebody who has not signed in may use; everything else asks who you are.
PUBLIC = {
    "accounts/login/", "accounts/logout/", "accounts/inactive/", "accounts/signup/", "accounts/confirm-email/",
    "accounts/^confirm-email/(?P<key>[-:\\w]+)/$", "accounts/password/reset/", "accounts/password/reset/done/",
    "accounts/password/reset/key/done/",
    "accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",  # the secret link of a mail
    "accounts/login/code/confirm/", "accounts/2fa/authenticate/",  # the second step of signing in
    "people/language/",
    "setup/",  # guarded by the setup key, and closed once a company exists
    "hotline/door/<int:pk>/",  # telephone systems: every message is signed
    "hotline/roster/feed/<str:secret>.ics",  # a calendar program cannot sign in: the address is the key
    "visits/app/sw.js", "visits/app/manifest.webmanifest",  # the phone's page: which files to keep, and its name
    "visits/badge/<str:token>/",  # the code that a customer scans to check an engineer's badge
    "visits/feed/<str:secret>.ics",  # a calendar program cannot sign in: the address is the key
    "visits/rate/<str:token>/",  # the code that a customer scans to rate a visit
    "visits/appointment/<str:token>/",  # the secret link of an appointment
    "hotline/card/<str:token>/",  # the secret link of a hotline card
    "records/verify/<uuid:uid>/",  # whoever holds a print may ask whether it is genuine
    "portal/vendor/<str:token>/", "portal/vendor/<str:token>/document/",  # the secret link to a vendor
    "portal/confirm/<str:token>/",  # the secret link of a resolved request
}  # fmt: skip


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if parts[0] == "shouhou" and len(parts) > 1 else ""


def points_up(source: str, target: str) -> bool:
    """Whether a room on its floor would depend on one above it, or on its neighbour."""
    return source != target and FLOOR[target] >= FLOOR[source]


def written_files(*suffixes: str) -> Iterator[Path]:
    """The files that people wrote: no environments, no data, no caches."""
    for path in ROOT.rglob("*"):
        inside = path.relative_to(ROOT).parts
        if path.suffix in suffixes and path.is_file() and not any(p in FOREIGN or p.endswith("_cache") for p in inside):
            yield path


def test_floors_are_read_from_the_plan():
    assert FLOOR["shared"] == 0
    assert FLOOR["portal"] == FLOOR["desk"] == max(FLOOR.values())
    assert points_up("people", "customers")
    assert points_up("agreements", "knowledge")
    assert not points_up("requests", "customers")


def test_every_room_of_the_tree_has_a_floor():
    rooms = {path.parent.name for path in (ROOT / "shouhou").glob("*/__init__.py")}
    assert rooms <= set(FLOOR), rooms - set(FLOOR)


def test_foreign_keys_point_down():
    offences, seen = [], 0
    for model in apps.get_models():
        room = room_of(model.__module__)
        if not room:
            continue
        for field in model._meta.get_fields():
            if not getattr(field, "remote_field", None) or field.auto_created or not field.related_model:
                continue
            target = field.related_model
            seen += 1
            if target._meta.label == settings.AUTH_USER_MODEL or not room_of(target.__module__):
                continue
            if points_up(room, room_of(target.__module__)):
                offences.append(f"{model._meta.label}.{field.name} -> {target._meta.label}")
    assert seen > 50
    assert offences == []


def test_from_another_room_only_models_actions_and_rules_are_imported():
    graph = grimp.build_graph("shouhou", cache_dir=None)
    offences, seen = [], 0
    for module in graph.modules:
        room = room_of(module)
        for imported in graph.find_modules_directly_imported_by(module):
            other = room_of(imported)
            if not room or not other or other in (room, "shared"):
                continue
            seen += 1
            door = imported.split(".")[2] if imported.count(".") > 1 else ""
            # Tests may read what a room tells the world through its own tests' makers, never another room's door.
            makers = ".tests." in module and imported.endswith(".tests.make")
            if door not in OPEN_DOORS and not makers:
                offences.append(f"{module} imports {imported}")
    assert seen > 50
    assert set(offences) <= ALLOWED


def test_no_file_is_longer_than_400_lines():
    long = []
    for path in written_files(".py", ".html", ".css", ".js"):
        if "migrations" not in path.parts and path.name != "package-lock.json":
            lines = len(path.read_text("utf-8").splitlines())
            if lines > 400:
                long.append(f"{path.relative_to(ROOT)}: {lines}")
    assert long == []


def test_no_file_knows_where_the_machine_keeps_it():
    suffixes = (".py", ".html", ".css", ".js", ".toml", ".md", ".yaml", ".yml", ".json", ".po", ".sh", "")
    addresses = re.compile("|".join("/" + folder + "/" for folder in ("work", "root", "home/[a-z]+")))
    found = [
        f"{path.relative_to(ROOT)}: {hit.group()}"
        for path in written_files(*suffixes)
        if (hit := addresses.search(path.read_text("utf-8", errors="replace")))
    ]
    assert found == []


# --- every address asks who you are ---------------------------------------------------------------


def addresses() -> list[str]:
    """Every route of the resolver, as it is written."""

    def walk(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[str]:
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, route)
            else:
                yield route

    return sorted(set(walk(get_resolver().url_patterns, "")))


def example(route: str) -> str:
    """The route with numbers and words filled in."""
    route = re.sub(r"<(?:int|path):[^>]+>", "1", route)
    route = re.sub(r"<(?:slug|str):[^>]+>|\(\?P<\w+>[^)]*\)", "abc", route)
    return "/" + re.sub(r"<\w+>", "1", route).replace("^", "").replace("$", "").replace("\\Z", "")


def test_the_public_list_names_only_routes_that_exist():
    assert set(addresses()) >= PUBLIC
    assert len(PUBLIC) < 30 < len(addresses())


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_address_asks_a_visitor_to_sign_in(client, company, method):
    client.raise_request_exception = False
    answered = []
    for route in addresses():
        if route in PUBLIC:
            continue
        answer = getattr(client, method)(example(route))
        asked = answer.status_code == 302 and "/login/" in answer["Location"]
        if not asked and answer.status_code not in (401, 403, 404, 405):
            answered.append(f"{method} {example(route)}: {answer.status_code} {answer.headers.get('Location', '')}")
        if answer.status_code == 404:
            assert b'id="not-here"' in answer.content or b"<main" not in answer.content  # the page that says no
    assert answered == []


@pytest.mark.django_db
def test_a_visitor_is_sent_to_the_login_page_not_told_that_a_row_is_missing(client, company):
    for route in addresses():
        if route.startswith(("requests/", "customers/", "agreements/", "people/<", "follow-ups/")):
            answer = client.get(example(route))
            assert answer.status_code in (302, 405), route


@pytest.mark.django_db
def test_public_addresses_do_not_break(client, company):
    client.raise_request_exception = False
    broken = [r for r in sorted(PUBLIC) for m in ("get", "post") if getattr(client, m)(example(r)).status_code >= 500]
    assert broken == []


# --- facts ----------------------------------------------------------------------------------------

RECORDERS = {"record", "event_of", "noting", "note", "on", "note_fact"}
KIND = re.compile(r"[a-z_]+\.[a-z_]+")


def facts_named_in(source: str) -> set[str]:
    """The kinds that calls of the recording functions spell out."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        spoken = [k.value for k in node.keywords if k.arg == "fact"]
        if name in RECORDERS:
            spoken += node.args
        for value in spoken:
            for part in ast.walk(value):
                if isinstance(part, ast.Constant) and isinstance(part.value, str) and KIND.fullmatch(part.value):
                    found.add(part.value)
    return found


def test_a_recording_call_is_found_wherever_the_kind_stands():
    source = 'record("a.b", subject=x); row.moving("s", by=b, fact="c.d" if x else "e.f"); on("g.h", "i.j")(f)'
    assert facts_named_in(source) == {"a.b", "c.d", "e.f", "g.h", "i.j"}


@pytest.fixture(scope="module")
def declared_at_start() -> set[str]:
    """What a freshly started process knows: a room that declares later shows its time lines without words."""
    code = (
        "import django; django.setup(); import config.urls; from shouhou.shared.facts import DECLARED; print(*DECLARED)"
    )
    return set(subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True).split())


@pytest.mark.parametrize("room", sorted(FLOOR))
def test_every_recorded_fact_is_declared_when_the_system_starts(room, declared_at_start):
    named = set()
    for path in (ROOT / "shouhou" / room).rglob("*.py"):
        if "tests" not in path.parts and "migrations" not in path.parts:
            named |= facts_named_in(path.read_text("utf-8"))
    assert named - declared_at_start == set()
    if room == "requests":
        assert len(named) > 20


def all_lifecycles(base: type = Lifecycle) -> Iterator[type]:
    for kind in base.__subclasses__():
        yield kind
        yield from all_lifecycles(kind)


def test_every_move_records_a_declared_fact():
    rows = [kind for kind in all_lifecycles() if not kind._meta.abstract]  # type: ignore[attr-defined]
    assert len(rows) >= 3
    for row in rows:
        reached = {to for targets in row.MOVES.values() for to in targets}  # type: ignore[attr-defined]
        assert reached <= set(row.FACTS), row  # type: ignore[attr-defined]
        assert set(row.FACTS.values()) <= set(DECLARED), row  # type: ignore[attr-defined]
        assert reached <= set(row.MOVES), f"{row}: a status without an entry in MOVES"  # type: ignore[attr-defined]


def test_listeners_hear_only_declared_facts():
    assert LISTENERS
    for listener in LISTENERS.values():
        assert listener.kinds <= set(DECLARED), listener.name


def test_presets_start_and_stop_on_declared_facts():
    named = {fact: preset.key for preset in all_presets().values() for c in preset.commitments for fact in c.facts}
    assert len(named) > 20
    assert {fact: key for fact, key in named.items() if fact not in DECLARED} == {}


def test_facts_are_called_noun_and_past_participle_and_have_words_to_translate():
    endings = ("ed", "en", "ne", "lt", "nt", "ept", "id", "told", "met", "ringing", "verdict", "made")
    endings += ("split", "reset", "withdrawn", "begun", "found", "set")
    for kind, declared in DECLARED.items():
        assert KIND.fullmatch(kind), kind
        assert any(part.endswith(endings) for part in kind.split(".")[1].split("_")), kind
        assert isinstance(declared.words, Promise), f"{kind}: its words are not marked for translation"
        assert str(declared.words), kind
