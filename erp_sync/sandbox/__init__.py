"""A local Centra for demos and tests, written from the facts of the target and not from the client."""

from erp_sync.sandbox.faults import Fault, FaultBox, FaultKind, FaultSchedule
from erp_sync.sandbox.knobs import ENDPOINT, NAMESPACE, Knobs, Options
from erp_sync.sandbox.log import Request
from erp_sync.sandbox.replies import Response
from erp_sync.sandbox.sandbox import Sandbox
from erp_sync.sandbox.server import Server, serve
from erp_sync.sandbox.views import ENTITIES, Sent

__all__ = [
    "ENDPOINT",
    "ENTITIES",
    "NAMESPACE",
    "Fault",
    "FaultBox",
    "FaultKind",
    "FaultSchedule",
    "Knobs",
    "Options",
    "Request",
    "Response",
    "Sandbox",
    "Sent",
    "Server",
    "serve",
]
