"""Roles, and which of them may do what by nature of the role."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from shouhou.shared.facts import declare


class Role(TextChoices):
    """What a person is in an organisation. One person may hold several."""

    AGENT = "agent", _("Hotline agent")
    DUTY_MANAGER = "duty_manager", _("Duty manager")
    ENGINEER = "engineer", _("Service engineer")
    SUPERVISOR = "supervisor", _("Service supervisor")
    TRAINING_ADMINISTRATOR = "training_administrator", _("Training administrator")
    TRAINER = "trainer", _("Trainer")
    DOCUMENT_KEEPER = "document_keeper", _("Document keeper")
    PROJECT_MANAGER = "project_manager", _("Project manager")
    GENERAL_MANAGER = "general_manager", _("General manager")
    ADMINISTRATOR = "administrator", _("Administrator")


class Skill(TextChoices):
    """What one may be qualified for: at the hotline the first two (M1), on site what the product asks for (D8)."""

    ETIQUETTE = "etiquette", _("Telephone etiquette training")
    TECHNICAL = "technical", _("Technical assessment of the hotline")
    HARDWARE = "hardware", _("Repair of devices")
    SOFTWARE = "software", _("Maintenance of software")


HOTLINE_SKILLS = (Skill.ETIQUETTE, Skill.TECHNICAL)


class Away(TextChoices):
    """Why somebody is not at their post."""

    ANNUAL = "annual", _("Annual leave")
    SICK = "sick", _("Sick leave")
    PERSONAL = "personal", _("Personal leave")
    STEP_OUT = "step_out", _("Stepping out during a shift")
    BUSINESS = "business", _("Away on business or training")


# Roles that take, work and hand over service requests.
SERVING = frozenset({Role.AGENT, Role.DUTY_MANAGER, Role.ENGINEER, Role.SUPERVISOR, Role.PROJECT_MANAGER})
# Roles that decide in the organisation's name.
LEADING = frozenset({Role.DUTY_MANAGER, Role.SUPERVISOR, Role.GENERAL_MANAGER, Role.ADMINISTRATOR})
# Roles that keep people and organisations.
KEEPING = frozenset({Role.GENERAL_MANAGER, Role.ADMINISTRATOR})

declare(
    {
        "person.edited": _("Account changed by another person"),
        "person.password_reset": _("Password set by another person"),
    }
)
