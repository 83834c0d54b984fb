"""Creating the user of a service under a name that is free."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from billing_hookspecs import ServiceView, UpstreamRefusedError
from billing_ispmanager_hosting.client import NO_PRESET, HostingPanel, NewUser, taken
from billing_ispmanager_hosting.users import mark_of, marked_full_name, name_candidates
from billing_ispsystem_api.errors import PanelRefusedError


def create_user(
    panel: HostingPanel,
    service: ServiceView,
    limits: Mapping[str, str],
    log: logging.Logger | logging.LoggerAdapter[Any],
) -> str:
    """Create the user under the first free name; returns the name.

    Raises UpstreamRefusedError where nothing was created, OutcomeUnknownError where that
    isn't sure.
    """
    user = NewUser(
        name="",
        full_name=marked_full_name(service.client.name, service.reference),
        comment=mark_of(service.reference),
        preset=preset_of(service),
        limits=limits,
        domain=service.domain or str(service.parameters.get("domain") or ""),
    )
    for name in name_candidates(service):
        try:
            _add(panel, replace(user, name=name), log)
        except PanelRefusedError as refusal:
            if not taken(refusal):
                raise
            # An earlier attempt, thought lost, may have arrived since the look-up.
            if late := panel.user_for(service.reference):
                return late.name
        else:
            return name
    raise UpstreamRefusedError("names_exhausted", "every candidate for a user name is taken")


def _add(
    panel: HostingPanel, user: NewUser, log: logging.Logger | logging.LoggerAdapter[Any]
) -> None:
    """Create ``user``; without its domain if that is somebody's on this panel already."""
    try:
        panel.add_user(user)
    except PanelRefusedError as refusal:
        if taken(refusal) != "name" or not user.domain:
            raise
        log.warning("%s exists in the panel, so %s gets no site", user.domain, user.name)
        panel.add_user(replace(user, domain=""))


def preset_of(service: ServiceView) -> str:
    """The user template: the tariff plan's own, else the code that it was sold under."""
    return service.account_template or service.tariff_code or NO_PRESET
