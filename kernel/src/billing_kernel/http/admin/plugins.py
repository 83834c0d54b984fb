"""Installed plugins: what they bring, and why some are set aside."""

from typing import Any, Self

from litestar import get, post
from litestar.params import FromPath

from billing_hookspecs import NameServer, PaymentGateway, ProcessingModule, json_schema
from billing_kernel.application.kernel import Kernel
from billing_kernel.extensions import PluginRecord
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.languages import GivenLanguages, Languages
from billing_kernel.http.pagination import Page
from billing_kernel.http.shapes.base import Answer

TAGS = ["Administration: plugins"]


class Driver(Answer):
    """A driver; ``settings_form`` and ``task_form`` are JSON Schemas, empty where it has none."""

    kind: str
    key: str
    title: str
    product_types: list[str]
    capabilities: list[str]
    settings_form: dict[str, Any]
    task_form: dict[str, Any]


class Plugin(Answer):
    """An installed plugin; ``reason`` is the stable code of why it is in quarantine."""

    name: str
    title: str
    distribution: str
    version: str
    api: str
    status: str
    reason: str | None
    reason_text: str
    hooks: list[str]
    drivers: list[Driver]

    @classmethod
    def of(cls, record: PluginRecord, drivers: list[Driver]) -> Self:
        return cls(
            name=record.name,
            title=record.title,
            distribution=record.distribution,
            version=record.version,
            api=record.api,
            status=record.status,
            reason=record.reason,
            reason_text=record.reason_text,
            hooks=list(record.hooks),
            drivers=drivers,
        )


@get("/plugins", operation_id="adminListPlugins", tags=TAGS, sync_to_thread=True)
def list_plugins(kernel: GivenKernel, languages: GivenLanguages) -> Page[Plugin]:
    """Every installed plugin with its drivers and their settings; on one page."""
    return Page([_shape(kernel, record, languages) for record in kernel.extensions.plugins])


@post(
    "/plugins/{name:str}/release",
    operation_id="adminReleasePlugin",
    tags=TAGS,
    status_code=200,
    sync_to_thread=True,
)
def release(kernel: GivenKernel, languages: GivenLanguages, name: FromPath[str]) -> Plugin:
    """Let a plugin that failed too often be called again, in this process."""
    return _shape(kernel, kernel.extensions.release(name), languages)


def _shape(kernel: Kernel, record: PluginRecord, languages: Languages) -> Plugin:
    drivers = [_driver(kernel, named.registry, named.key, languages) for named in record.drivers]
    return Plugin.of(record, drivers)


def _driver(kernel: Kernel, registry: str, key: str, languages: Languages) -> Driver:
    driver = getattr(kernel.extensions, registry).find(key)
    has_form = isinstance(driver, ProcessingModule | PaymentGateway | NameServer)
    language = languages.best()
    by_hand = isinstance(driver, ProcessingModule) and driver.task_facts
    return Driver(
        kind=registry,
        key=key,
        title=languages.text(driver.title),
        product_types=list(getattr(driver, "product_types", ())),
        capabilities=sorted(getattr(driver, "capabilities", ())),
        settings_form=json_schema(driver.settings, language) if has_form else {},
        task_form=json_schema(driver.task_facts, language) if by_hand else {},
    )


HANDLERS = [list_plugins, release]
