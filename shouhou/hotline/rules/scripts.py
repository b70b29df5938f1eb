"""What the norm has us say, step by step (A1.7, A3.12-A3.14, A4.12)."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Script:
    """A sentence to speak; `{company}`, `{agent}`, `{hotline}` and `{until}` are filled in."""

    step: str
    clause: str
    words: Promise

    def spoken(self, **values: str) -> str:
        """The sentence with its blanks filled, in the reader's language."""
        return str(self.words).format(**values)


# In speaking order; `step` names the field of the record that the sentence asks for.
STEPS = (
    Script("greeting", "A3.12", _("Hello, this is {company}, number {agent} speaking. How may I help you?")),
    Script("phone", "A3.12", _("May I first have a number to call you back on, in case we are cut off?")),
    Script("unit", "A3.12", _("Which unit are you calling from, please?")),
    Script("address", "A3.12", _("And its address, please?")),
    Script("contact_name", "A3.12", _("Whom may we ask for when we call or come?")),
    Script("question", "A3.12", _("What has happened? Please tell me from the beginning.")),
)
ASK_AGAIN = Script("ask_again", "A3.13", _("I am sorry, I did not quite follow. Would you say that once more, please?"))
CANNOT_SOLVE = Script(
    "visit", "A3.14",
    _("I am sorry, this cannot be solved by telephone. We would send somebody to you by {until}. Would that suit you?"),
)  # fmt: skip
FAREWELL = Script(
    "farewell", "A4.12", _("Thank you for calling. If anything else comes up, please call {hotline}. Goodbye!")
)
