"""What can be done to a running sandbox from outside: JSON in, JSON out, under ``/admin/``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from erp_sync.sandbox.faults import Fault, FaultKind, FaultSchedule
from erp_sync.sandbox.soap import Fault as SoapFault
from erp_sync.sandbox.work import Refusal

if TYPE_CHECKING:
    from erp_sync.sandbox.sandbox import Sandbox


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Nothing(_Form):
    """Takes no fields."""


class Edit(_Form):
    entity: str
    key: list[str] = Field(min_length=1)
    fields: dict[str, str]


class Create(_Form):
    entity: str
    fields: dict[str, str] = {}
    id: str = ""


class Delete(_Form):
    entity: str
    id: str


class Convert(_Form):
    entity: str
    old: str
    new: str


class Order(_Form):
    lines: list[tuple[str, str, str, int]]
    customer: str = ""
    account: str = ""
    fields: dict[str, str] = {}
    bundle: str = ""


class OneFault(_Form):
    kind: FaultKind
    applied: bool = False
    retry_after: Literal["", "seconds", "date", "epoch"] = ""
    seconds: float = 2.0


class Faults(_Form):
    """``inject`` is for the next requests, one each (null lets one pass); ``rates`` by chance from now on."""

    inject: list[OneFault | None] = []
    rates: dict[FaultKind, float] | None = None
    seed: int = 0
    clear: bool = False


def _edit(box: Sandbox, form: Edit) -> object:
    box.admin.edit(form.entity, form.key, form.fields)
    return box.get(form.entity, *form.key)


def _create(box: Sandbox, form: Create) -> object:
    return {"id": box.admin.create(form.entity, form.fields, id=form.id)}


def _delete(box: Sandbox, form: Delete) -> object:
    box.admin.delete(form.entity, form.id)
    return {}


def _convert(box: Sandbox, form: Convert) -> object:
    box.admin.convert(form.entity, form.old, form.new)
    return {}


def _order(box: Sandbox, form: Order) -> object:
    number = box.admin.order(
        form.lines, customer=form.customer, account=form.account, fields=form.fields, bundle=form.bundle
    )
    return {"id": number}


def _faults(box: Sandbox, form: Faults) -> object:
    schedule = FaultSchedule(form.seed, form.rates) if form.rates is not None else box.faults.schedule
    faults = [None if fault is None else Fault(**fault.model_dump()) for fault in form.inject]
    if form.clear:
        box.faults.clear()
        schedule = FaultSchedule(form.seed, form.rates) if form.rates is not None else None
    box.faults.schedule = schedule
    box.faults.inject(*faults)
    return {"waiting": len(box.faults.waiting), "rates": dict(schedule.rates) if schedule else {}}


def _reset(box: Sandbox, form: Nothing) -> object:
    box.forget()
    return {}


ACTIONS: Final[Mapping[str, tuple[type[BaseModel], Callable[[Sandbox, Any], object]]]] = {
    "edit": (Edit, _edit),
    "create": (Create, _create),
    "delete": (Delete, _delete),
    "convert": (Convert, _convert),
    "order": (Order, _order),
    "faults": (Faults, _faults),
    "reset": (Nothing, _reset),
}


def perform(box: Sandbox, action: str, body: bytes) -> tuple[int, object]:
    """HTTP status and answer of one action. ``knobs`` takes any of the knobs and answers with all of them."""
    if action != "knobs" and action not in ACTIONS:
        return 404, {"error": f"no action is called {action!r}; there are knobs, {', '.join(ACTIONS)}"}
    try:
        values = json.loads(body or b"{}")
        with box.lock:
            if action == "knobs":
                if not isinstance(values, dict):
                    raise ValueError("expected an object")
                box.knobs = type(box.knobs).model_validate({**box.knobs.model_dump(), **values})
                return 200, box.knobs.model_dump()
            form, function = ACTIONS[action]
            return 200, function(box, form.model_validate(values))
    except ValidationError as error:
        problems = [f"{'.'.join(str(part) for part in p['loc'])}: {p['msg']}" for p in error.errors()]
        return 400, {"error": "; ".join(problems)}
    except (ValueError, Refusal) as error:
        return 400, {"error": str(error)}
    except SoapFault as error:
        return 500, {"error": error.message}
