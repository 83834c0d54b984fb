"""Installed sample plugins, scripted drivers, and small servers that misbehave as told."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from billing_hookspecs import (
    ClientView,
    CloseService,
    ConnectionReport,
    Context,
    Done,
    Event,
    FindOperation,
    Money,
    NotFound,
    Notification,
    Occasion,
    OpenService,
    OrderView,
    PaymentFact,
    PaymentGateway,
    PaymentStarted,
    PluginManifest,
    ProcessingModule,
    ProductType,
    QuoteView,
    ServiceView,
    StartPayment,
    impl,
)
from billing_kernel.extensions import Extensions, load_extensions, open_context
from billing_kernel.extensions.addresses import networks
from billing_kernel.extensions.outbound import BoundClient, CallBounds, OutboundTransport

LOOPBACK = ("127.0.0.0/8",)
SAMPLES = Path(__file__).parents[2] / "sample_plugins"

BUILD = """
import os, sys
from hatchling.build import build_wheel
target, *folders = sys.argv[1:]
for folder in folders:
    os.chdir(folder)
    build_wheel(target)
"""


def build_wheels(folders: list[Path], target: Path) -> list[Path]:
    """Wheels of several distributions, in one process: the builder's start is the slow part."""
    target.mkdir(exist_ok=True)
    command = [sys.executable, "-c", BUILD, target, *folders]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    return sorted(target.glob("*.whl"))


def pip_install(wheels: list[Path], site: Path) -> None:
    options = "--quiet --disable-pip-version-check --no-index --no-deps --upgrade --target"
    command = [sys.executable, "-m", "pip", "install", *options.split(), site, *wheels]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)


@pytest.fixture(scope="session")
def sample_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for sys.path into which pip installed every sample plugin."""
    site = tmp_path_factory.mktemp("samples")
    folders = sorted(path.parent for path in SAMPLES.glob("*/pyproject.toml"))
    pip_install(build_wheels(folders, tmp_path_factory.mktemp("wheels")), site)
    return site


@pytest.fixture(scope="session")
def in_fresh_process() -> Callable[..., Any]:
    """Run code in a new interpreter with ``site`` on its path; what it prints is JSON."""

    def run(code: str, site: Path, **environment: str) -> Any:
        path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
        ended = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": path, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    return run


@pytest.fixture(scope="session")
def install() -> Callable[[list[Path], Path, Path], None]:
    """Build distributions in a work folder and have pip install them into a site folder."""

    def build_and_install(folders: list[Path], work: Path, site: Path) -> None:
        pip_install(build_wheels(folders, work), site)

    return build_and_install


Script = Callable[..., Any]


class ScriptedModule(ProcessingModule):
    """A driver whose ``open_service`` does what the test says."""

    key = "scripted"
    title = {"en": "Scripted"}
    product_types = ("scripted_thing",)

    def __init__(self, script: Script) -> None:
        self.script = script
        self.calls = 0

    def open_service(self, request: OpenService, context: Context) -> Done:
        self.calls += 1
        answer: Done = self.script(request, context)
        return answer

    def check_connection(self, context: Context) -> ConnectionReport:
        return ConnectionReport("Always there")

    def close_service(self, request: CloseService, context: Context) -> Done:
        return Done()

    def find_operation(self, request: FindOperation, context: Context) -> NotFound:
        return NotFound()


class ScriptedGateway(PaymentGateway):
    """A gateway that reads notifications as the test says."""

    key = "scripted"
    title = {"en": "Scripted"}

    def __init__(self, script: Script) -> None:
        self.script = script

    def start_payment(self, request: StartPayment, context: Context) -> PaymentStarted:
        return PaymentStarted()

    def handle_notification(
        self, request: Notification, context: Context
    ) -> tuple[PaymentFact, ...]:
        facts: tuple[PaymentFact, ...] = self.script(request, context)
        return facts


@pytest.fixture
def scripted() -> Callable[..., tuple[Extensions, Any, Any]]:
    """Extensions with a scripted module and gateway: ``extensions, module, gateway``."""

    def make(script: Script) -> tuple[Extensions, ScriptedModule, ScriptedGateway]:
        module, gateway = ScriptedModule(script), ScriptedGateway(script)

        class ScriptedPlugin:
            MANIFEST = PluginManifest(name="scripted", title="Scripted", api=">=1.0,<2")

            @impl
            def billing_product_types(self) -> tuple[ProductType, ...]:
                return (ProductType("scripted_thing", {"en": "Thing"}),)

            @impl
            def billing_processing_modules(self) -> tuple[ProcessingModule, ...]:
                return (module,)

            @impl
            def billing_payment_gateways(self) -> tuple[PaymentGateway, ...]:
                return (gateway,)

        return load_extensions([ScriptedPlugin()], entry_points=()), module, gateway

    return make


@pytest.fixture
def quote() -> QuoteView:
    return QuoteView(1, 7, "sample_plant", 1, Occasion.ORDER, 1, 1, Money(10_000, "EUR"))


@pytest.fixture
def order() -> OrderView:
    return OrderView(1, 7, "DE", "sample_plant", 1, 1, 11, {}, Money(110_000, "EUR"))


@pytest.fixture
def event() -> Event:
    return Event(5, "InvoicePaid", datetime(2026, 1, 31, tzinfo=UTC))


Client = Callable[..., AbstractContextManager[BoundClient]]


@pytest.fixture
def client() -> Client:
    """A driver's client for a base address: ``with client("http://…", timeout_s=1) as http``.

    Loopback is allowed unless ``allowed`` says otherwise; other options are the transport's.
    """

    @contextmanager
    def opened(
        base_url: str,
        timeout_s: float = 5,
        allowed: Sequence[str] = LOOPBACK,
        **options: Any,
    ) -> Iterator[BoundClient]:
        bounds = CallBounds(timeout_s)
        transport = OutboundTransport(base_url, bounds, networks(tuple(allowed)), **options)
        with BoundClient(base_url, bounds, transport) as http:
            yield http

    return opened


@pytest.fixture
def circumstances() -> Callable[..., AbstractContextManager[Context]]:
    """A driver's context with a secret password: ``with circumstances("http://…") as context``."""

    @contextmanager
    def opened(base_url: str = "", timeout_s: float = 5, **settings: Any) -> Iterator[Context]:
        with open_context(
            settings=settings,
            secrets={"password": "correct horse"},
            base_url=base_url,
            timeout_s=timeout_s,
            allowed_networks=LOOPBACK,
        ) as context:
            yield context

    return opened


@pytest.fixture
def opening() -> OpenService:
    """The request for a scripted driver's ``open_service``."""
    ada = ClientView(7, "Ada", "ada@example.com", "DE")
    return OpenService(ServiceView(1, "billing-1", "scripted_thing", "small", "Thing", 1, ada))


class Server:
    """A TCP server on loopback; every connection is handled by ``behave``, aside."""

    def __init__(self, behave: Callable[[socket.socket], None]) -> None:
        self._behave = behave
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.connections = 0
        self.requests: list[bytes] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self.connections += 1
                threading.Thread(target=self._handle, args=(connection,), daemon=True).start()

    def _handle(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            self._behave(connection)

    def read_request(self, connection: socket.socket) -> bytes:
        """Everything up to the end of the headers; these servers ignore bodies."""
        received = b""
        while b"\r\n\r\n" not in received and (piece := connection.recv(65536)):
            received += piece
        self.requests.append(received)
        return received

    def close(self) -> None:
        # A blocked accept() ends only with a shutdown.
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Start a server that reads each request and answers with the given bytes, or runs a script.

    ``serve(b"HTTP/1.1 200 OK...")`` or ``serve(lambda server, connection: ...)``.
    """
    with ExitStack() as stack:

        def start(answer: bytes | Callable[[Server, socket.socket], None]) -> Server:
            def behave(connection: socket.socket) -> None:
                if callable(answer):
                    answer(server, connection)
                elif server.read_request(connection):
                    connection.sendall(answer)

            server = Server(behave)
            stack.callback(server.close)
            return server

        yield start


@pytest.fixture
def free_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port
