"""Suspend, resume and delete one's own services, where group and tariff plan allow it."""

from litestar import delete, post
from litestar.params import FromPath
from sqlalchemy.orm import Session

from billing_hookspecs import OperationKind
from billing_kernel import models
from billing_kernel.application.closing import CLIENT
from billing_kernel.application.deleting import act_in_steps
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.permitting import permit
from billing_kernel.http.auth import GivenCaller, GivenKernel
from billing_kernel.http.service_views import for_client
from billing_kernel.http.shapes.services import Service

TAGS = ["Services"]
ONE = "/services/{service_id:int}"


@post(
    f"{ONE}/suspend",
    operation_id="suspendService",
    tags=TAGS,
    status_code=202,
    sync_to_thread=True,
)
def suspend(kernel: GivenKernel, caller: GivenCaller, service_id: FromPath[int]) -> Service:
    """Begin to stop a service without losing its data."""
    return _act(kernel, caller.id, service_id, OperationKind.SUSPEND)


@post(
    f"{ONE}/resume",
    operation_id="resumeService",
    tags=TAGS,
    status_code=202,
    sync_to_thread=True,
)
def resume(kernel: GivenKernel, caller: GivenCaller, service_id: FromPath[int]) -> Service:
    """Begin to start a service again that you suspended, or keep one that you wanted deleted."""
    return _act(kernel, caller.id, service_id, OperationKind.RESUME)


@delete(ONE, operation_id="deleteService", tags=TAGS, status_code=202, sync_to_thread=True)
def delete_service(kernel: GivenKernel, caller: GivenCaller, service_id: FromPath[int]) -> Service:
    """Begin to delete a service with its data: it is stopped first.

    Until ``deletes_on`` you can take that back by ``resume``.
    """
    return _act(kernel, caller.id, service_id, OperationKind.CLOSE)


def _act(kernel: Kernel, client_id: int, service_id: int, kind: OperationKind) -> Service:
    def work(session: Session) -> Service:
        service = find(session, models.Service, service_id, client_id=client_id, lock=True)
        permit(session, kernel, service, kind)
        act_in_steps(session, kernel, service.id, kind, asked_by=CLIENT)
        session.flush()
        return for_client(session, kernel, service)

    return kernel.database.run(work)


HANDLERS = [suspend, resume, delete_service]
