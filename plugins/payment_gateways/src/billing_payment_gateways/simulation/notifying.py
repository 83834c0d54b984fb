"""What simulated gateways that send notifications have in common."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from billing_payment_gateways.simulation.faults import Fault
from billing_payment_gateways.simulation.messages import Request, Response
from billing_payment_gateways.simulation.notices import NoticeBoard, When


class NotifyingApp(ABC):
    """An ``App`` that tells what happened: when it is told to, or around its answers.

    Controls: ``PUT webhook {url, when}``, ``GET notices``, ``POST deliveries {types, times,
    reversed}``, and those of the gateway.
    """

    notices: NoticeBoard

    @abstractmethod
    def respond(self, request: Request, fault: Fault | None) -> Response:
        """As ``App.answer``."""

    @abstractmethod
    def obey(self, command: str, content: Mapping[str, Any]) -> Any:
        """As ``App.control``, for the gateway's own controls."""

    def answer(self, request: Request, fault: Fault | None) -> Response:
        response = self.respond(request, fault)
        if self.notices.when is When.BEFORE_ANSWER and self.notices.undelivered():
            self.notices.deliver()
        return response

    def finished(self) -> None:
        if self.notices.when is When.AFTER_ANSWER and self.notices.undelivered():
            self.notices.deliver_in_background()

    def control(self, command: str, content: Mapping[str, Any]) -> Any:
        match command:
            case "PUT webhook":
                self.notices.url = content["url"]
                self.notices.when = When(content.get("when", When.ON_DEMAND))
            case "GET notices":
                pass
            case "POST deliveries":
                return {"statuses": self._deliver(content)}
            case _:
                return self.obey(command, content)
        told = self.notices.all()
        return {"notices": [{"type": it.type, "statuses": it.statuses} for it in told]}

    def _deliver(self, content: Mapping[str, Any]) -> list[int]:
        types = content.get("types")
        chosen = self.notices.undelivered()
        if types is not None:
            chosen = [notice for kind in types for notice in self.notices.all(kind)]
        if content.get("reversed"):
            chosen.reverse()
        return self.notices.deliver(chosen, int(content.get("times", 1)))
