"""The hotline card: who is owed one, sending, printing, and the customer's receipt (A3.2)."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shouhou.customers.models import Customer
from shouhou.hotline.actions import cards
from shouhou.hotline.forms import ReceivedForm
from shouhou.hotline.models import HotlineCard
from shouhou.hotline.views.calls import colleague
from shouhou.people.models import Organisation, SignedRequest
from shouhou.shared.forms import row_id
from shouhou.shared.lifecycle import Refused
from shouhou.shared.pages import keyset, page

VIEWS = ("owed", "awaited", "received")
AT_ONCE = 200  # cards of one sending; as many fit on the page that lists who is owed one


@require_GET
@login_required
def index(request: SignedRequest) -> HttpResponse:
    """Who is owed a card, whose receipt is awaited, who has one."""
    colleague(request)
    user, words = request.user, request.GET.get("q", "").strip()[:100]
    view = request.GET.get("view", "") if request.GET.get("view", "") in VIEWS else VIEWS[0]
    due = cards.owed(user)
    sent = HotlineCard.objects.visible_to(user)
    context: dict[str, Any] = {
        "view": view, "q": words, "may_send": user.serves,
        "tabs": [("owed", _("To be sent"), due.count()), ("awaited", _("Receipt awaited"), sent.awaited().count()),
                 ("received", _("Received"), None)],
    }  # fmt: skip
    if view == "owed":
        rows = due.matching(words) if words else due
        shown, context["after"] = keyset(rows.order_by("pk"), ("id",), request.GET.get("after", ""), AT_ONCE)
        reached = cards.addressees(shown)
        numbers = cards.numbers_by({customer.organisation_id: customer.organisation for customer in shown}.values())
        context["rows"] = [
            (customer, reached.get(customer.pk), [n.number for n in numbers[customer.organisation_id]])
            for customer in shown
        ]
        context["unnumbered"] = not cards.numbers_of(user.home)
    else:
        found = sent.awaited() if view == "awaited" else sent.filter(status=HotlineCard.Status.RECEIVED)
        found = found.select_related("customer", "sent_by")
        if words:
            found = found.filter(customer__in=Customer.objects.visible_to(user).matching(words))
        context["rows"], context["after"] = keyset(found, ("-id",), request.GET.get("after", ""), 50)
    return page(request, "hotline/cards.html", context, fragment="rows")


@require_POST
@login_required
def send(request: SignedRequest) -> HttpResponse:
    """Send the card to those ticked: by mail, or on paper, which is printed at once."""
    colleague(request)
    ids = [pk for pk in map(row_id, request.POST.getlist("pk")[:AT_ONCE]) if pk]
    rows = list(
        Customer.objects.visible_to(request.user).filter(pk__in=ids, retired_at=None).select_related("organisation")
    )
    if not rows:
        raise Refused(_("Choose at least one customer."))
    on_paper = request.POST.get("channel") == HotlineCard.Channel.PAPER
    channel = HotlineCard.Channel.PAPER if on_paper else HotlineCard.Channel.MAIL
    sent = cards.send_cards(rows, channel=channel, by=request.user)
    if on_paper:
        return redirect(f"/hotline/cards/print/?{urlencode([('pk', card.pk) for card in sent.cards])}")
    if sent.cards:
        words = ngettext("%(count)d card is sent.", "%(count)d cards are sent.", len(sent.cards))
        messages.success(request, words % {"count": len(sent.cards)})
    if sent.without_address:
        words = ngettext(
            "%(count)d customer has no mail address: print the card, or enter an address for a contact.",
            "%(count)d customers have no mail address: print the card, or enter an address for a contact.",
            len(sent.without_address),
        )
        messages.warning(request, words % {"count": len(sent.without_address)})
    return redirect("hotline:cards")


@require_GET
@login_required
def printing(request: SignedRequest) -> HttpResponse:
    """Cards to be printed and handed over."""
    colleague(request)
    ids = [pk for pk in map(row_id, request.GET.getlist("pk")[:AT_ONCE]) if pk]
    rows = HotlineCard.objects.visible_to(request.user).filter(pk__in=ids).order_by("pk")
    return page(request, "hotline/print_cards.html", {"rows": rows.select_related("customer", "organisation")})


def _found(request: SignedRequest, pk: int) -> HotlineCard:
    colleague(request)
    rows = HotlineCard.objects.visible_to(request.user).select_related("customer", "organisation", "sent_by", "contact")
    return get_object_or_404(rows, pk=pk)


@require_GET
@login_required
def detail(request: SignedRequest, pk: int) -> HttpResponse:
    """One card as the customer has it, and whether it reached them."""
    card = _found(request, pk)
    context = {"card": card, "form": ReceivedForm(), "moves": card.moves_for(request.user)}
    return page(request, "hotline/card.html", context)


@require_POST
@login_required
def received(request: SignedRequest, pk: int) -> HttpResponse:
    """A colleague knows that the card arrived."""
    card, form = _found(request, pk), ReceivedForm(request.POST)
    if not form.is_valid():
        context = {"card": card, "form": form, "moves": card.moves_for(request.user)}
        return page(request, "hotline/card.html", context, status=422)
    card.receive(how=form.cleaned_data["how"], name=form.cleaned_data["name"], by=request.user)
    return redirect("hotline:cards")


@require_http_methods(["GET", "POST"])
def receipt(request: HttpRequest, token: str) -> HttpResponse:
    """The customer's own page of the card: our numbers, and one key that says it arrived. Looking confirms nothing."""
    card = cards.card_of(token)
    company = Organisation.objects.filter(parent=None).order_by("pk").first()  # none before the first run
    if card is None:
        return page(request, "hotline/receipt.html", {"company": company}, status=404)
    if request.method == "POST":
        if request.user.is_authenticated and request.user.is_colleague:
            raise Refused(_("This address is the customer's: note the receipt on the card's own page."))
        if card.status == HotlineCard.Status.SENT:
            card.receive(how=HotlineCard.How.LINK, by=None, name=card.contact.name if card.contact else "")
        return redirect("hotline:receipt", token)
    return page(request, "hotline/receipt.html", {"card": card, "company": company})
