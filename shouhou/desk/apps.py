from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DeskConfig(AppConfig):
    name = "shouhou.desk"
    label = "desk"

    def ready(self) -> None:
        """Hang the rooms' places into the menu and the unread count into the frame; say what follows a customer."""
        from shouhou.agreements.models import Agreement
        from shouhou.customers.actions import register_follower
        from shouhou.notices.models import Notice
        from shouhou.people.rules import KEEPING, Role
        from shouhou.requests.models import ServiceRequest
        from shouhou.shared.facts import declare
        from shouhou.shared.pages import MENU, PANELS, TOP, Place

        declare({"workbook.imported": _("Taken over from a workbook")})
        MENU.extend(
            [
                Place(10, "h", "home", _("Work desk"), "/", lambda u: u.is_colleague),
                Place(11, "h", "home", _("My requests"), "/portal/", lambda u: not u.is_colleague),
                Place(20, "r", "list-details", _("Requests"), "/requests/", lambda u: u.is_colleague),
                Place(30, "b", "layout-kanban", _("Board"), "/requests/board/", lambda u: u.is_colleague),
                Place(15, "t", "headset", _("Hotline"), "/hotline/", lambda u: u.is_colleague),
                Place(35, "v", "route", _("Dispatch"), "/visits/", lambda u: u.is_colleague),
                Place(40, "f", "phone-outgoing", _("Follow-ups"), "/follow-ups/", lambda u: u.is_colleague),
                Place(45, "o", "message-report", _("Complaints"), "/complaints/", lambda u: u.is_colleague),
                Place(50, "k", "building", _("Customers"), "/customers/", lambda u: u.is_colleague),
                Place(55, "m", "checklist", _("Conformance"), "/reports/conformance/", lambda u: u.leads),
                Place(60, "a", "file-certificate", _("Agreements"), "/agreements/", lambda u: u.is_colleague),
                Place(70, "p", "clock-check", _("Count"), "/promises/count/", lambda u: u.is_colleague),
                Place(80, "l", "calendar", _("Calendars"), "/promises/calendars/", lambda u: u.is_colleague),
                Place(90, "i", "table-import", _("Import"), "/imports/", lambda u: u.leads),
                Place(92, "n", "phone", _("Telephones"), "/hotline/lines/", lambda u: u.holds(*KEEPING)),
                Place(
                    95,
                    "u",
                    "users",
                    _("Colleagues"),
                    "/people/",
                    lambda u: u.holds(Role.ADMINISTRATOR, Role.GENERAL_MANAGER),
                ),
            ]
        )
        hotline = (Role.AGENT, Role.DUTY_MANAGER)
        TOP.append(lambda request: {"rings": request.user.holds(*hotline)})
        TOP.append(lambda request: {"unread": Notice.objects.visible_to(request.user).unread()[:100].count()})
        # The search for articles is asked for by the browser, so that the page of the request does not wait for it.
        PANELS.setdefault(ServiceRequest.KIND, []).append(
            lambda request, case: (
                ("desk/_of_request.html", {"case": case})
                if request.user.is_authenticated and request.user.is_colleague
                else None
            )
        )
        # Both rooms lie above the customers and have no listeners of their own.
        register_follower(lambda customer: customer.items.update(organisation=customer.organisation))
        register_follower(
            lambda customer: customer.agreements.exclude(status=Agreement.Status.ENDED).update(
                organisation=customer.organisation
            )
        )
