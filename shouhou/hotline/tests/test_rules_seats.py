"""Seats by the norm, and by the calls."""

from fractions import Fraction
from heapq import heappop, heappush
from math import exp, factorial
from random import Random

import pytest

from shouhou.hotline.rules.seats import (
    answered_within,
    expected_wait,
    occupancy,
    required_seats,
    seats_for,
    waits,
)


@pytest.mark.clause("A3.1")
@pytest.mark.parametrize(("users", "seats"), [(0, 0), (1, 1), (500, 1), (501, 2), (1000, 2), (1001, 3), (250_000, 500)])
def test_two_seats_a_thousand_users_rounded_up(users, seats):
    assert required_seats(users) == seats


def test_fewer_than_no_users_is_an_error():
    with pytest.raises(ValueError, match="no fewer"):
        required_seats(-1)


def textbook(load: Fraction, seats: int) -> Fraction:
    """Erlang C as the textbook writes it, in exact fractions."""
    last = load**seats / factorial(seats) * seats / (seats - load)
    return last / (sum((load**n / factorial(n) for n in range(seats)), Fraction()) + last)


@pytest.mark.parametrize(("load", "seats"), [(1, 2), (5, 6), (5, 9), (20, 22), (20, 30)])
def test_the_share_that_waits_is_the_textbook_s(load, seats):
    assert waits(float(load), seats) == pytest.approx(float(textbook(Fraction(load), seats)), rel=1e-9)


def test_known_values_of_a_small_call_centre():
    # 100 calls an hour of 180 s are 5 erlangs; 8 seats: a sixth waits, 80 % are answered within 20 s and far more.
    assert waits(5, 8) == pytest.approx(0.1673, abs=5e-5)
    assert answered_within(100, 180, 8, 20) == pytest.approx(1 - 0.16729 * exp(-3 * 20 / 180), abs=1e-4)
    assert expected_wait(100, 180, 8) == pytest.approx(0.16729 * 180 / 3, abs=1e-2)
    assert occupancy(100, 180, 8) == pytest.approx(0.625)


def test_seats_that_do_not_suffice_answer_nobody_in_time():
    assert answered_within(100, 180, 5, 20) == 0.0
    assert expected_wait(100, 180, 5) is None
    assert occupancy(100, 180, 4) == 1.0
    assert answered_within(0, 180, 1, 20) == 1.0
    assert answered_within(0, 180, 0, 20) == 0.0


def test_the_fewest_seats_for_a_level():
    seats = seats_for(100, 180, 11, 0.85)
    assert answered_within(100, 180, seats, 11) >= 0.85 > answered_within(100, 180, seats - 1, 11)
    assert seats_for(0, 180, 11, 0.85) == 0
    assert seats_for(100_000, 600, 11, 0.85, most=50) is None


def test_a_thousand_erlangs_do_not_overflow():
    assert 0 < waits(1000.0, 1050) < 1
    assert seats_for(20_000, 180, 11, 0.9, most=2000) > 1000


def test_a_simulated_queue_agrees():
    dice, free, waited, calls, at = Random(7), [], 0, 60_000, 0.0
    for _seat in range(8):
        heappush(free, 0.0)
    for _call in range(calls):
        at += dice.expovariate(100 / 3600)
        begins = max(at, heappop(free))
        waited += begins - at > 11
        heappush(free, begins + dice.expovariate(1 / 180))
    assert 1 - waited / calls == pytest.approx(answered_within(100, 180, 8, 11), abs=0.01)
