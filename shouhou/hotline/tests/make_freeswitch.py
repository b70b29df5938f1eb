"""Events as a FreeSWITCH (ESL) writes them."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 10, 8, 1, 0, tzinfo=UTC)
CALLER = "0a5d1b0c-7a55-4f3d-9d3e-000000000001"
LEG = "0a5d1b0c-7a55-4f3d-9d3e-000000000801"
OTHER_LEG = "0a5d1b0c-7a55-4f3d-9d3e-000000000802"


def micros(second):
    return str(round((START + timedelta(seconds=second)).timestamp() * 1_000_000))


def event(kind, second=0, its=CALLER, **headers):
    """One event; header names with an underscore for each hyphen, but for variable_…"""
    named = {n if n.startswith("variable_") else n.replace("_", "-"): value for n, value in headers.items()}
    return {"Event-Name": kind, "Unique-ID": its, "Event-Date-Timestamp": micros(second), **named}


def arrives(second=0, context="public", dialled="4001234567", caller="13800138000"):
    return event(
        "CHANNEL_CREATE", second, Call_Direction="inbound", Caller_Context=context, Channel_Call_UUID=CALLER,
        Caller_Caller_ID_Number=caller, Caller_Destination_Number=dialled, Channel_Name=f"sofia/external/{caller}@sbc",
    )  # fmt: skip


def leg(kind, second, its=LEG, user="801", *, queue=False):
    """An event of a called telephone. A queue's leg is a call of its own that names the caller in a variable."""
    headers = {"Call_Direction": "outbound", "Channel_Name": f"sofia/internal/{user}@10.0.0.5:5060"}
    headers |= {"variable_dialed_user": user, "Caller_Destination_Number": user}
    if queue:
        headers |= {"Channel_Call_UUID": its, "variable_cc_member_session_uuid": CALLER, "variable_cc_side": "agent"}
    else:
        headers |= {"Channel_Call_UUID": CALLER, "Other_Type": "originator", "Other_Leg_Unique_ID": CALLER}
    return event(kind, second, its, **headers)


def rung(second, its=LEG, user="801", *, queue=False):
    return [
        leg("CHANNEL_CREATE", second, its, user, queue=queue), leg("CHANNEL_PROGRESS", second, its, user, queue=queue)
    ]  # fmt: skip


def bridges(second, its=LEG):
    return event("CHANNEL_BRIDGE", second, Bridge_A_Unique_ID=CALLER, Bridge_B_Unique_ID=its, Other_Leg_Unique_ID=its)


def hangs_up(second, its=CALLER, settled=0.5):
    """All is settled a little later than it was put down."""
    return event("CHANNEL_HANGUP_COMPLETE", second + settled, its, Caller_Channel_Hangup_Time=micros(second))


def centre(action, second, its=CALLER, **headers):
    return event(
        "CUSTOM", second, its, Event_Subclass="callcenter::info", CC_Action=action, CC_Queue="support@default",
        CC_Member_Session_UUID=CALLER, CC_Member_UUID="m-1", CC_Member_CID_Number="13800138000", **headers,
    )  # fmt: skip


def queue_connects(second, its=LEG, agent="801@default"):
    return [
        centre("bridge-agent-start", second, its, CC_Agent=agent, CC_Agent_UUID=its),
        event("CHANNEL_BRIDGE", second, its, Bridge_A_Unique_ID=its, Bridge_B_Unique_ID=CALLER),
    ]


def flat(*events):
    return [one for item in events for one in (item if isinstance(item, list) else [item])]


QUEUED = (
    arrives(), event("CHANNEL_ANSWER", 1), centre("member-queue-start", 2), centre("agent-offering", 3, CC_Agent="801"),
    rung(4, queue=True), leg("CHANNEL_ANSWER", 11, queue=True), queue_connects(11.25),
)  # fmt: skip
