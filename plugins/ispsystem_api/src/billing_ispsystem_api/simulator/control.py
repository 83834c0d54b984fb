"""The control path of a simulated panel: faults, request log, state and clock over HTTP.

``GET|POST|DELETE /_simulator/faults``, ``GET|DELETE /_simulator/requests?function=``,
``GET /_simulator/state``, ``PUT /_simulator/clock {"now": "2026-01-31T00:00:00+00:00"}``.
"""

import json
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from billing_ispsystem_api.simulator.faults import Fault
from billing_ispsystem_api.simulator.panel import Panel

CONTROL = "/_simulator/"


def control(panel: Panel, method: str, name: str, query: str, body: bytes) -> tuple[int, Any]:
    """HTTP status and JSON content; 400 where the body describes nothing known."""
    try:
        return _controlled(panel, f"{method} {name}", query, json.loads(body) if body else {})
    except (KeyError, TypeError, ValueError) as error:
        return 400, {"error": str(error)}


def _controlled(panel: Panel, command: str, query: str, content: Any) -> tuple[int, Any]:
    match command:
        case "GET faults":
            pass
        case "POST faults":
            panel.faults.put(Fault.from_json(content))
        case "DELETE faults":
            panel.faults.clear()
        case "GET requests":
            function = parse_qs(query).get("function", [""])[0]
            return 200, {"requests": [item.as_json() for item in panel.requests.all(function)]}
        case "DELETE requests":
            panel.requests.clear()
            return 200, {"requests": []}
        case "GET state":
            with panel.lock:
                return 200, panel.state()
        case "PUT clock":
            panel.set_clock(datetime.fromisoformat(content["now"]))
            return 200, {"now": panel.now().isoformat()}
        case _:
            return 404, {"error": f"no such control: {command}"}
    return 200, {"faults": panel.faults.waiting()}
