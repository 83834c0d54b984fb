"""The HTTP API of a test's own kernel.

Building an application takes longer than most tests. It knows its installation only from its
state, so that the next test can have the same one with another kernel.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from litestar import Litestar
from litestar.testing import TestClient

from billing_kernel.application.kernel import Kernel
from billing_kernel.http.app import create_app
from billing_kernel.http.health import WorkerHere

_idle: list[Litestar] = []


@contextmanager
def application(kernel: Kernel, worker: WorkerHere | None = None) -> Iterator[Litestar]:
    """An application that nobody else uses meanwhile, nor afterwards if it was given routes."""
    app = _idle.pop() if _idle else create_app(kernel, worker)
    app.state.kernel, app.state.worker = kernel, worker
    routes = len(app.routes)
    try:
        yield app
    finally:
        app.state.kernel = app.state.worker = None
        if len(app.routes) == routes:
            _idle.append(app)


@contextmanager
def served(kernel: Kernel, worker: WorkerHere | None = None) -> Iterator[TestClient[Litestar]]:
    """A client of such an application, which answers to faults of ours as it does in earnest."""
    with (
        application(kernel, worker) as app,
        TestClient(app, raise_server_exceptions=False) as client,
    ):
        yield client
