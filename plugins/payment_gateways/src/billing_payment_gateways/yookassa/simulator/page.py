"""The page that a payer is sent to."""

from html import escape
from urllib.parse import parse_qs

from billing_payment_gateways.simulation import Request, Response
from billing_payment_gateways.simulation.messages import HTML
from billing_payment_gateways.yookassa.simulator.shop import Card, Shop

PAGES = "/checkout/"


def serve_page(shop: Shop, request: Request) -> Response:
    """GET shows the page, POST does what its buttons say and sends the payer back."""
    with shop.lock:
        about_id = request.path.removeprefix(PAGES)
        about = shop.payments.get(about_id) or shop.methods.get(about_id)
        if about is None or not about.get("confirmation"):
            return Response(404, b"There is no such page", HTML)
        if request.method == "GET":
            return Response(200, _page(about.get("description", "")).encode(), HTML)
        card = Card(parse_qs(request.body.decode()).get("card", ["good"])[0])
        if about_id in shop.payments:
            shop.pay(about_id, card)
        else:
            shop.bind(about_id, card)
        return Response(303, b"", HTML, {"Location": shop.return_urls[about_id]})


def _page(description: str) -> str:
    buttons = "".join(f'<p><button name="card" value="{it}">{it}</button></p>' for it in Card)
    return (
        "<!DOCTYPE html><html><head><title>Simulated checkout</title></head><body>"
        f'<h1>Simulated checkout</h1><p>{escape(description)}</p><form method="post">{buttons}'
        "</form></body></html>"
    )
