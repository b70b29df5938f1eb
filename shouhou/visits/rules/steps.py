"""The ten steps of a visit and what each asks for (A4.2-A4.12, H5): data that the server and the phone both read."""

from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Step(TextChoices):
    """In the order of the norm."""

    PREPARE = "prepare", _("Confirm the service sheet")
    BADGE = "badge", _("Put on the badge")
    MEET = "meet", _("Meet the customer")
    VERIFY = "verify", _("Verify the problem")
    BACKUP = "backup", _("Back up")
    FIX = "fix", _("Find the cause and mend it")
    TRIAL = "trial", _("Trial run by the customer")
    EXPLAIN = "explain", _("Explain")
    SIGN = "sign", _("Sign and rate")
    LEAVE = "leave", _("Say farewell and leave")


ORDER: tuple[str, ...] = tuple(Step.values)
NO_DATA = "no_data"  # the one reason against a backup that needs nobody's consent: no data is touched


@dataclass(frozen=True, slots=True)
class Rule:
    """What must be filled in before a step is done, and what its exception must say.

    `values` are what a field may say, where it may not say anything. `clause` is where it is written.
    """

    step: str
    clause: str
    needs: tuple[str, ...]
    may: tuple[str, ...] = ()
    values: tuple[tuple[str, tuple[str, ...]], ...] = ()
    exception: tuple[str, ...] = ("reason",)
    reviewed: bool = False  # its exception goes before the duty manager


SURE = ("yes", "asked")  # the engineer knows, or has asked the hotline (A4.4)
RULES: tuple[Rule, ...] = (
    Rule("prepare", "A4.4", ("able", "address"), ("asked",), (("able", SURE), ("address", SURE))),
    Rule("badge", "A4.2", ("worn",), (), (("worn", ("yes",)),)),
    Rule("meet", "A4.5", ("whom",)),
    Rule("verify", "A4.6", ("found", "shown"), (), (("shown", ("yes", "no")),)),
    Rule("backup", "A4.7", ("what", "where", "by"), ("checksum",), (), ("reason", "consent")),
    Rule("fix", "A4.10", ("cause", "remedy", "outcome"), (), (("outcome", ("solved", "unsolved")),)),
    Rule("trial", "A4.9", ("by", "passed"), ("words",), (("passed", ("yes", "no")),)),
    Rule("explain", "A4.10", ("precautions",)),
    Rule("sign", "A4.11", ("name", "signature"), ("attitude", "quality", "solving")),
    Rule("leave", "H5", ("normal",), (), (("normal", ("yes",)),), ("reason", "released_by"), reviewed=True),
)
RULE: dict[str, Rule] = {rule.step: rule for rule in RULES}


def previous(step: str) -> str:
    """The step before; "" before the first."""
    place = ORDER.index(step)
    return ORDER[place - 1] if place else ""


def fields_of(step: str) -> tuple[str, ...]:
    """Every field of a step."""
    return (*RULE[step].needs, *RULE[step].may)


def lacking(step: str, fields: dict[str, str]) -> list[str]:
    """Which needed fields of a step are empty or say what they may not; `fields` by "step.name"."""
    rule = RULE[step]
    allowed = dict(rule.values)
    empty = [n for n in rule.needs if not str(fields.get(f"{step}.{n}", "")).strip()]
    wrong = [n for n in rule.needs if n not in empty and n in allowed and fields[f"{step}.{n}"] not in allowed[n]]
    return empty + wrong


def exception_lacking(step: str, said: dict[str, Any]) -> list[str]:
    """What an exception must still say: its reason always; consent to no backup, unless no data is touched."""
    wanted = RULE[step].exception
    if step == Step.BACKUP and said.get("reason") == NO_DATA:
        wanted = ("reason",)
    return [name for name in wanted if not str(said.get(name, "")).strip()]


def table() -> list[dict[str, Any]]:
    """The rules as the phone reads them."""
    return [asdict(rule) for rule in RULES]
