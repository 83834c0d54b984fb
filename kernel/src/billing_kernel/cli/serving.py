"""`billing serve` and `billing worker`."""

import socket

import rich_click as click

from billing_kernel.application.exemplifying import check_every_plan
from billing_kernel.application.kernel import Kernel
from billing_kernel.bootstrap import build_kernel
from billing_kernel.logs import configure_logs
from billing_kernel.migrating import check_schema
from billing_kernel.settings import read_settings


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port; 0 takes a free one.")
@click.option(
    "--worker/--no-worker",
    "with_worker",
    default=None,
    help="Work in this process too; the default is to do so where no broker is set.",
)
def serve_command(host: str, port: int, with_worker: bool | None) -> None:
    """Serve the HTTP API.

    The embedded database is created and migrated by itself.
    """
    import uvicorn

    from billing_kernel.http.app import create_app
    from billing_kernel.messaging.worker import Worker

    kernel = _ready_kernel()
    embedded = not kernel.settings.broker_url if with_worker is None else with_worker
    worker = Worker(kernel) if embedded else None
    listener = _listen(host, port)
    address = f"http://{host}:{listener.getsockname()[1]}"
    click.echo(f"billing serves {address}/api/v1, documented at {address}/schema")
    if worker is not None:
        worker.start()
    try:
        app = create_app(kernel, worker)
        uvicorn.Server(
            uvicorn.Config(app, log_level="warning", server_header=False, proxy_headers=False)
        ).run(sockets=[listener])
    finally:
        if worker is not None:
            worker.stop()
        kernel.database.close()


@click.command("worker")
def worker_command() -> None:
    """Work on what the API left to do, until SIGTERM or Ctrl-C.

    Any number of workers may run, on any number of machines with the same database.
    """
    from billing_kernel.messaging.worker import Worker, run_until_stopped

    kernel = _ready_kernel()
    click.echo("billing works; stop it with Ctrl-C")
    try:
        run_until_stopped(Worker(kernel))
    finally:
        kernel.database.close()


def _ready_kernel() -> Kernel:
    """A kernel whose database has this schema, and whose tariff plans were worked out anew.

    Plugins may have changed since the last start, and prices with them.
    """
    configure_logs()
    kernel = build_kernel(read_settings())
    check_schema(kernel.database.engine)
    check_every_plan(kernel)
    return kernel


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        raise click.ClickException(f"can't listen on {host}:{port}: {error.strerror}") from None
    return listener
