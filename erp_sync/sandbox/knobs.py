"""How this Centra behaves: what is fixed when it starts (Options) and what can be turned while it runs (Knobs)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

NAMESPACE: Final = "http://www.centra.com/webservices/"
ENDPOINT: Final = "/ams/system/service/module/soap/api"


@dataclass(frozen=True, slots=True)
class Options:
    """``state`` is an SQLite file that keeps everything over a restart; None keeps it in memory.

    ``seed`` makes request ids and everything random repeatable.
    """

    username: str = "sandbox"
    password: str = "sandbox"
    namespace: str = NAMESPACE
    state: Path | None = None
    wsdl: Path | None = None
    seed: int = 0
    keep_bodies: bool = False
    log_size: int = 10_000


class Knobs(BaseModel):
    """Every knob has a default that follows the documentation, or the stricter reading where it is silent."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    shape: Literal["guide", "reference"] = Field(default="guide", description="how a success is told")
    failure: Literal["result", "fault"] = Field(default="result", description="how a refusal is told")
    batch: Literal["atomic", "partial"] = Field(
        default="atomic", description="a bad record undoes the whole request, or leaves the good ones before it applied"
    )
    unknown: Literal["refuse", "tolerate"] = Field(default="refuse", description="an element that Centra does not know")
    sizetables: Literal["refuse", "ignore"] = Field(
        default="refuse", description="a change to a size or sizetable once made"
    )
    account_without_buyer: Literal["refuse", "accept"] = Field(
        default="refuse", description="an active account with no buyer"
    )
    echo: bool = Field(
        default=True, description="an update over SOAP makes an event too, as a change in the admin does"
    )
    event_dates: Literal["mixed", "plain", "iso"] = Field(
        default="mixed", description="the two forms of an event's date"
    )
    novelty: bool = Field(default=False, description="replies and events hold an element that no documentation names")
    currencies: tuple[str, ...] = Field(
        default=("SEK", "EUR", "USD", "GBP", "NOK", "DKK"), description="set up by hand"
    )
    max_bytes: int | None = Field(default=None, description="a larger request gets HTTP 413", ge=1)
    delay: float = Field(default=0.0, description="seconds before every reply", ge=0)
    delay_per_document: float = Field(default=0.0, description="seconds more for every object in the request", ge=0)
    skew: float = Field(default=0.0, description="seconds by which Centra's clock is ahead")
    reject_ids: tuple[str, ...] = Field(default=(), description="refuse an object with this identity at any level")
    reject_fields: tuple[str, ...] = Field(
        default=(), description='refuse an object that sets this field: "description", or "variation.description"'
    )
    reject_chance: float = Field(
        default=0.0, description="share of objects refused for good, chosen by their id", ge=0, le=1
    )
