"""The page that a payer is sent to."""

from html import escape
from urllib.parse import parse_qs

from billing_payment_gateways.simulation import Request, Response
from billing_payment_gateways.simulation.messages import HTML
from billing_payment_gateways.stripe.simulator.account import Account, Object
from billing_payment_gateways.stripe.simulator.cards import Card
from billing_payment_gateways.stripe.simulator.errors import ApiError
from billing_payment_gateways.stripe.simulator.sessions import expire_due, pay

PAGES = "/c/pay/"
LABELS = {
    Card.GOOD: "Pay with a good card",
    Card.DECLINED: "Pay with a card that is declined",
    Card.DELAYED: "Pay by a bank debit",
}


def serve_page(account: Account, request: Request) -> Response:
    """GET shows the page, POST does what its buttons say and sends the payer back."""
    try:
        with account.lock:
            expire_due(account)
            session = account.find("checkout.session", request.path.removeprefix(PAGES))
            if request.method == "GET":
                return Response(200, _page(session).encode(), HTML)
            return _pressed(account, session, parse_qs(request.body.decode()))
    except ApiError as error:
        return Response(404, escape(str(error)).encode(), HTML)


def _pressed(account: Account, session: Object, form: dict[str, list[str]]) -> Response:
    pressed = form.get("card", ["back"])[0]
    if pressed == "back":
        return Response(303, b"", HTML, {"Location": session["cancel_url"] or "/"})
    try:
        pay(account, session["id"], Card(pressed))
    except ValueError as error:
        return Response(409, escape(str(error)).encode(), HTML)
    if session["status"] != "complete":
        return Response(200, _page(session, "Your card was declined.").encode(), HTML)
    return Response(303, b"", HTML, {"Location": session["success_url"]})


def _page(session: Object, message: str = "") -> str:
    asked = f"{session['amount_total'] or 0} {session['currency']}, {session['mode']}"
    buttons = "".join(
        f'<p><button name="card" value="{card}">{escape(label)}</button></p>'
        for card, label in LABELS.items()
    )
    form = (
        f'<form method="post">{buttons}<p><button name="card" value="back">Back</button></p></form>'
    )
    shown = form if session["status"] == "open" else f"<p>This page is {session['status']}.</p>"
    return (
        "<!DOCTYPE html><html><head><title>Simulated checkout</title></head><body>"
        f"<h1>Simulated checkout</h1><p>{escape(asked)}</p><p>{escape(message)}</p>{shown}"
        "</body></html>"
    )
