"""The project file's shape. Each field's description is what an editor shows and what docs/project-file.md prints."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from erp_sync.plan import GuardOptions
from erp_sync.settings.values import Duration, Seconds

_ADDRESS = re.compile(r"https?://[^/\s]+(/\S*)?\Z")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class SourceSettings(BaseModel):
    """Where one ERP's data is read. What may stand beside `kind` is the adapter's to say."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)
    kind: str = Field(
        description="The adapter: `csv`, `sql`, `xml`, an installed adapter's name, or `package.module:Class`.",
        examples=["csv", "sql"],
    )

    @property
    def options(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


class Timeouts(_Section):
    """How long to wait for Centra, in seconds."""

    connect: Seconds = Field(default=10, description="Until the connection stands.")
    read: Seconds = Field(default=120, description="Until the reply has come. A send that gets none is in doubt.")


class Batch(_Section):
    """How much goes into one request. Centra publishes no limits; these are careful."""

    documents: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=200, description="Products, pricelists, accounts … per request."
    )
    bytes: Annotated[int, Field(ge=1_000, le=100_000_000)] = Field(default=1_000_000, description="Size of a request.")
    at_once: Annotated[int, Field(ge=1, le=8)] = Field(
        default=1, description="Requests under way at the same time. Levels stay in order, and so does each record."
    )
    records: Annotated[int, Field(ge=1, le=100_000)] = Field(
        default=2_000, description="Records in one document; a longer pricelist goes out in pieces."
    )


class Patience(_Section):
    """What to do when Centra does not answer, or not now."""

    attempts: Annotated[int, Field(ge=1, le=20)] = Field(default=4, description="Sends of one request, in all.")
    first_wait: Seconds = Field(default=2, description="Seconds before the second; each further one waits longer.")
    longest_wait: Seconds = Field(default=120, description="When Centra asks for a longer wait, the run ends.")
    circuit: Annotated[int, Field(ge=1)] = Field(
        default=6, description="Failed sends in a row, of any request, after which Centra counts as down."
    )
    hopeless: Annotated[int, Field(ge=1)] = Field(
        default=12, description="Records refused in a row with the same words after which an operation is given up."
    )


class CentraSettings(_Section):
    """The Centra that is kept in step."""

    endpoint: str = Field(
        description="Address of the SOAP API, without `?wsdl`.",
        examples=["https://NAME.centra.com/ams/system/service/module/soap/api"],
    )
    username: SecretStr = Field(
        description="The API's own login, set up by Centra's staff.", examples=["${CENTRA_USERNAME}"]
    )
    password: SecretStr = Field(description="Its password.", examples=["${CENTRA_PASSWORD}"])
    namespace: str = Field(
        "http://www.centra.com/webservices/", description="XML namespace. Older endpoints have another."
    )
    wsdl: str = Field(
        default="shipped",
        description="`shipped`: the one in this package; `endpoint`: ask Centra for it; or a path to a file.",
    )
    timeouts: Timeouts = Field(default_factory=Timeouts, description="How long to wait.")
    batch: Batch = Field(default_factory=Batch, description="How much to send at once.")
    patience: Patience = Field(default_factory=Patience, description="When and how often to try again.")

    @field_validator("endpoint")
    @classmethod
    def _an_address(cls, endpoint: str) -> str:
        if not _ADDRESS.match(endpoint):
            raise ValueError("the endpoint is no address\nit begins with https:// (or http:// for a sandbox)")
        if "@" in endpoint.split("/")[2]:
            raise ValueError(
                "the endpoint holds a login\nplans and reports show the endpoint: use username and password"
            )
        return endpoint.removesuffix("?wsdl")


class LedgerSettings(_Section):
    """Where is kept what Centra acknowledged."""

    url: SecretStr = Field(
        default=SecretStr("sqlite:///ledger.db"),
        description="`sqlite:///file` (from the project file's folder), `postgresql+psycopg://…` or `mysql+pymysql://…`.",
    )


class PlanSettings(_Section):
    """How long a plan may wait for its approval."""

    expires_after: Duration = Field(default=timedelta(hours=12), description="A plan older than this is refused.")
    stock_expires_after: Duration = Field(
        default=timedelta(minutes=30), description="Stock in a plan older than this is not sent."
    )


class ProjectFile(_Section):
    """erp-sync's project file: one ERP, one Centra, one ledger."""

    version: Literal[1] = Field(description="The form of this file: 1.")
    name: str = Field(min_length=1, description="What reports call the project.")
    timezone: str = Field(
        default="UTC",
        description="The company's time zone: it decides what `today` is in mappings, such as the price valid today.",
        examples=["Europe/Stockholm"],
    )
    mappings: str = Field(
        description="Folder of the mappings, or `shipped:NAME` for a set that travels with erp-sync.",
        examples=["mappings", "shipped:navision"],
    )
    sources: dict[str, SourceSettings] = Field(
        min_length=1, description="The ERP's data: one source or several, by name."
    )
    centra: CentraSettings = Field(description="Where the data goes.")
    ledger: LedgerSettings = Field(default_factory=LedgerSettings, description="What Centra acknowledged.")
    plan: PlanSettings = Field(default_factory=PlanSettings, description="How long plans hold.")
    guards: GuardOptions = Field(
        default_factory=GuardOptions, description="Limits, in numbers, that refuse a plan or an entity of it."
    )
    parameters: dict[str, str] = Field(default_factory=dict, description="Values for `{param: NAME}` in mappings.")
    environments: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="By name, what differs there: any part of this file. Chosen by `--env NAME`.",
    )

    @field_validator("timezone")
    @classmethod
    def _a_zone(cls, timezone: str) -> str:
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f'there is no time zone "{timezone}"\nnames are as in Europe/Stockholm') from error
        return timezone
