"""The words of the phone's page, in the reader's language: it has to speak without signal."""

from django.utils.translation import gettext as _

from shouhou.visits.rules.steps import NO_DATA, Step


def fields() -> dict[str, str]:
    """What each field of a step is called."""
    return {
        "prepare.able": _("Can you solve it?"), "prepare.address": _("Do you know the address?"),
        "prepare.asked": _("Whom you asked"), "badge.worn": _("The badge is worn"), "meet.whom": _("Whom you met"),
        "verify.found": _("What you found"), "verify.shown": _("Did the customer show it?"),
        "backup.what": _("What was backed up"), "backup.where": _("Where it lies"), "backup.by": _("By whom"),
        "backup.checksum": _("Checksum"), "fix.cause": _("Cause"), "fix.remedy": _("Remedy"),
        "fix.outcome": _("Is it mended?"), "trial.by": _("Who tried it"), "trial.passed": _("Does it run?"),
        "trial.words": _("What they said"), "explain.precautions": _("What to mind from now on"),
        "sign.name": _("Who signs"), "sign.signature": _("Signature"), "sign.attitude": _("Attitude"),
        "sign.quality": _("Quality"), "sign.solving": _("Problem solving"),
        "leave.normal": _("The system runs normally"),
    }  # fmt: skip


def values() -> dict[str, str]:
    return {
        "yes": _("Yes"), "no": _("No"), "asked": _("I asked the hotline"), "solved": _("Mended"),
        "unsolved": _("Not mended"),
    }  # fmt: skip


def exceptions() -> dict[str, str]:
    """What an exception has to say, and the reasons that one finger chooses."""
    return {
        "reason": _("Reason"), "consent": _("Who of the customer's agreed"), "released_by": _("Who released you"),
        NO_DATA: _("No data is touched"),
    }  # fmt: skip


def review() -> dict[str, str]:
    """Why something was kept but not taken."""
    return {
        "too_early": _("an earlier step was not done yet"), "incomplete": _("something was not filled in"),
        "ended": _("the visit was over"), "not_yours": _("the visit had been given to somebody else"),
        "called_off": _("the visit had been called off"), "unknown": _("not understood"),
    }  # fmt: skip


def spoken() -> dict[str, dict[str, str]]:
    """Everything that the phone says."""
    return {
        "steps": {step.value: str(step.label) for step in Step},
        "fields": fields(),
        "values": values(),
        "exceptions": exceptions(),
        "review": review(),
        "page": {
            "today": _("My visits"), "none": _("No visit in these days."), "back": _("Back"), "done": _("Done"),
            "next": _("Save, next step"), "exception": _("It cannot be done"), "pass": _("Go on with this exception"),
            "set_out": _("I set out"), "arrive": _("I have arrived"), "map": _("Map"),
            "call": _("Dial"), "waiting": _("waiting to be sent"), "offline": _("No signal: everything is kept here"),
            "online": _("All sent"), "signin": _("Sign in again: everything is kept here"), "send": _("Send now"),
            "problem": _("Another problem"), "photo": _("Photo"), "part": _("Part used"), "count": _("Quantity"),
            "support": _("Ask the duty manager for support"), "asked": _("The duty manager has been asked"),
            "first": _("Hello, I am %(name)s of %(company)s, here for your service request. Here is my badge."),
            "returning": _("Hello, it is %(name)s again. How has it been running since my last visit?"),
            "farewell": _("Thank you. If anything comes up, call our hotline. Goodbye."),
            "earlier": _("Earlier visits"), "clear": _("Clear"),
            "conflict": _("Somebody else wrote something different: look at it again."),
            "review": _("Kept for the duty manager to look at"), "add": _("Add"),
            "over": _("The visit is over."), "code": _("The customer scans this and rates on their own phone"),
            "together": _("Everything on one page"), "stepwise": _("One step after the other"),
            "all": _("All of it is done"),
            "badge": _("The customer scans this and sees who you are; it proves the arrival"),
            "guest": _("An engineer of the vendor's joined"), "guest_name": _("Name"), "guest_of": _("Firm"),
            "guest_work": _("What they did"), "feed": _("Address for your calendar program:"),
            "lacks": _("Still to be filled in"), "agreed": _("The customer knows the time"),
            "unagreed": _("The customer has not agreed with the time yet"), "item": _("Installed item"),
            "reported": _("What was reported"), "other": _("Kept for another person's sign-in"),
        },
    }  # fmt: skip
