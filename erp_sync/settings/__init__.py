"""The project file and the secrets, typed, with every problem said at once and located."""

from erp_sync.settings.loading import Settings, load_settings
from erp_sync.settings.project import (
    Batch,
    CentraSettings,
    LedgerSettings,
    Patience,
    PlanSettings,
    ProjectFile,
    SourceSettings,
    Timeouts,
)
from erp_sync.settings.schema import project_schema
from erp_sync.settings.shipped import shipped

__all__ = [
    "Batch",
    "CentraSettings",
    "LedgerSettings",
    "Patience",
    "PlanSettings",
    "ProjectFile",
    "Settings",
    "SourceSettings",
    "Timeouts",
    "load_settings",
    "project_schema",
    "shipped",
]
