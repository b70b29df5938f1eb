"""How many seats the hotline needs: by the norm (A3.1), and by the calls that come (Erlang C).

Everywhere: `calls` an hour, `handling` and `within` in seconds, shares from 0 to 1. A number below zero, or none at all
(nan), raises ValueError.
"""

from math import exp, floor

PER_THOUSAND = 2


def required_seats(users: int) -> int:
    """Seats and lines for so many covered users: two per thousand, rounded up (A3.1). Raises ValueError below zero."""
    if users < 0:
        raise ValueError("there are no fewer than no users")
    return -(-users * PER_THOUSAND // 1000)


def offered(calls: float, handling: float) -> float:
    """The load in erlangs. Raises ValueError for a number below zero."""
    if not (calls >= 0 and handling >= 0):
        raise ValueError("neither calls nor their handling are fewer than none")
    return calls * handling / 3600


def waits(load: float, seats: int) -> float:
    """The share of callers who have to wait at all (Erlang C); 1.0 where the load (erlangs) reaches the seats.

    By the recursion of Erlang B, which neither overflows nor needs a factorial.
    """
    if load <= 0:
        return 0.0
    if seats <= load:
        return 1.0
    blocked = 1.0
    for n in range(1, seats + 1):
        blocked = load * blocked / (n + load * blocked)
    return seats * blocked / (seats - load * (1 - blocked))


def answered_within(calls: float, handling: float, seats: int, within: float) -> float:
    """The share of callers answered within so many seconds; 0.0 where the load reaches the seats. Raises ValueError."""
    load = offered(calls, handling)
    if not within >= 0:
        raise ValueError("nobody waits less than no time")
    if load <= 0:
        return 1.0 if seats > 0 else 0.0
    if seats <= load:
        return 0.0
    return 1.0 - waits(load, seats) * exp(-(seats - load) * within / handling)


def expected_wait(calls: float, handling: float, seats: int) -> float | None:
    """The mean wait of all callers in seconds, those answered at once included; None where the queue only grows.

    Raises ValueError.
    """
    load = offered(calls, handling)
    if seats <= load:
        return None
    return waits(load, seats) * handling / (seats - load)


def occupancy(calls: float, handling: float, seats: int) -> float:
    """The share of their time that the seats are busy, never above 1.0. Raises ValueError."""
    load = offered(calls, handling)
    return min(1.0, load / seats) if seats > 0 else 1.0


def seats_for(calls: float, handling: float, within: float, level: float, most: int = 500) -> int | None:
    """The fewest seats that answer the share `level` of the calls within so many seconds; None beyond `most`.

    0 where nobody calls. Raises ValueError.
    """
    if offered(calls, handling) <= 0:
        return 0 if calls <= 0 else 1
    # More seats never answer fewer calls, so the fewest is found by halving.
    low, high = floor(offered(calls, handling)) + 1, most
    if low > high or answered_within(calls, handling, high, within) < level:
        return None
    while low < high:
        middle = (low + high) // 2
        if answered_within(calls, handling, middle, within) >= level:
            high = middle
        else:
            low = middle + 1
    return low
