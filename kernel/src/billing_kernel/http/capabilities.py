"""Who may do what: the matrix of capabilities and roles."""

from litestar import get

from billing_kernel.http.shapes.base import Answer


class Roles(Answer):
    client: bool
    administrator: bool


class Capability(Answer):
    """One thing that can be done, and who may do it."""

    key: str
    name: str
    roles: Roles


class Capabilities(Answer):
    """Every capability."""

    capabilities: list[Capability]


_MATRIX = (
    ("F-001", "Create, manage and delete a user account in ispmanager", False),
    ("F-002", "Create and manage a domain and name server in ispmanager", False),
    ("F-003", "Delete a domain in ispmanager", False),
    ("F-004", "Create and manage a hosting resale service", False),
    (
        "F-005",
        "Create, manage and delete additional resources for the hosting resale service",
        False,
    ),
    ("F-006", "Order hosting", True),
    ("F-007", "Manage own hosting order: upgrade or downgrade the tariff plan", True),
    ("F-008", "Change the password of a user account in ispmanager", True),
    ("F-009", "Access the ispmanager user account from the client area", True),
    ("F-010", "Return to the client area from ispmanager", True),
    ("F-011", "Ask who may do what", True),
)
"""Key, name, and whether clients may; administrators may do everything."""


@get("/capabilities", operation_id="listCapabilities", tags=["Catalogue"], sync_to_thread=False)
def list_capabilities() -> Capabilities:
    """Which role may do what."""
    return Capabilities(
        capabilities=[
            Capability(key=key, name=name, roles=Roles(client=client, administrator=True))
            for key, name, client in _MATRIX
        ]
    )
