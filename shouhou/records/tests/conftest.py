"""Kinds that only tests register, and a signed record."""

import pytest

from shouhou.records.actions.signing import sign
from shouhou.records.rules.kinds import KINDS
from shouhou.records.tests.make import kinds, png, sheet


@pytest.fixture(autouse=True)
def _kinds():
    before = dict(KINDS)
    kinds()
    yield
    KINDS.clear()
    KINDS.update(before)


@pytest.fixture
def draft(company, customer, engineer):
    return sheet(company, engineer, customer=customer)


@pytest.fixture
def signed(draft, engineer):
    for role, name in (("customer", "陈芳"), ("engineer", "王强")):
        sign(draft, role=role, name=name, how="drawn", png=png(), by=engineer)
    return draft


@pytest.fixture
def keeper_of_documents(person):
    return person("keeper", "document_keeper", name="何洁")
