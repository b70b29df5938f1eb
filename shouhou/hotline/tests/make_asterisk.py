"""Events as an Asterisk (AMI) writes them."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 10, 8, 1, 0, tzinfo=UTC)
CUSTOMER, LINKED = "PJSIP/trunk-00000010", "1791421200.16"
AGENT, LEG = "PJSIP/801-00000011", "1791421200.17"
OTHER, OTHER_LEG = "PJSIP/802-00000012", "1791421200.18"


def event(kind, second=0, *, channel=CUSTOMER, its=LINKED, linked=LINKED, stamped=True, **headers):
    """One event of the caller's line, or of another; `second` after START by Asterisk's clock."""
    stamp = {"Timestamp": f"{(START + timedelta(seconds=second)).timestamp():.6f}"} if stamped else {}
    given = {"Event": kind, "Channel": channel, "Uniqueid": its, "Linkedid": linked, **stamp}
    return given | {"CallerIDNum": "13800138000", **headers}


def arrives(second=0, context="from-pstn", dialled="4001234567", **headers):
    return event("Newchannel", second, Context=context, Exten=dialled, ChannelState="4", **headers)


def joins(second):
    return event("QueueCallerJoin", second, Queue="support", Position="1", Count="1")


def called(second, channel=AGENT, leg=LEG):
    return [
        event("AgentCalled", second, DestChannel=channel, DestUniqueid=leg, Queue="support", Interface="PJSIP/801"),
        event("DialBegin", second, DestChannel=channel, DestUniqueid=leg, DialString="801"),
    ]


def rings(second, channel=AGENT, leg=LEG):
    """Asterisk says twice that a telephone rings."""
    return [
        event("Newstate", second, channel=channel, its=leg, ChannelState="5", ChannelStateDesc="Ringing"),
        event("DialState", second, DestChannel=channel, DestUniqueid=leg, DialStatus="RINGING"),
    ]


def dial_ends(second, status, channel=AGENT, leg=LEG):
    return event("DialEnd", second, DestChannel=channel, DestUniqueid=leg, DialStatus=status)


def connects(second, channel=AGENT, leg=LEG):
    return event("AgentConnect", second, DestChannel=channel, DestUniqueid=leg, RingTime="7", HoldTime="9")


def hangs_up(second, channel=CUSTOMER, its=LINKED):
    return event("Hangup", second, channel=channel, its=its, Cause="16")


def flat(*events):
    return [one for item in events for one in (item if isinstance(item, list) else [item])]


ANSWERED = (
    arrives(), joins(2), called(3), rings(4), dial_ends(11, "ANSWER"), connects(11),
    event("AgentComplete", 90, DestChannel=AGENT, DestUniqueid=LEG, Reason="caller"),
    hangs_up(90, AGENT, LEG), hangs_up(91),
)  # fmt: skip
