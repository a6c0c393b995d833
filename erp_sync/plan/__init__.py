"""Stop 5: changes -> an ordered, guarded, sealed plan in a file; and back."""

from erp_sync.plan.limits import EntityLimits, GuardOptions, Limit
from erp_sync.plan.overrides import how_to_override, override
from erp_sync.plan.parts import Parts
from erp_sync.plan.reading import PlanFile, check_binding, open_plan, withholding
from erp_sync.plan.steps import step_id
from erp_sync.plan.writer import PlanOptions, PlanWriter

__all__ = [
    "EntityLimits",
    "GuardOptions",
    "Limit",
    "Parts",
    "PlanFile",
    "PlanOptions",
    "PlanWriter",
    "check_binding",
    "how_to_override",
    "open_plan",
    "override",
    "step_id",
    "withholding",
]
