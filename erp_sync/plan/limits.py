"""How much a plan may change before a person has to look: the settings of the guards, with careful defaults."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt

from erp_sync.model.catalog import Entity

_FEW = 3  # of one or two records, all may well change
_NEARLY_ALL = 0.8


class Limit(BaseModel):
    """Breached by more than ``count``, or by more than ``share`` of the whole once it is more than ``above``.

    A limit with neither (``{}``) never refuses anything.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    share: NonNegativeFloat | None = Field(default=None, description="0.1 is a tenth of the records that Centra has")
    count: NonNegativeInt | None = Field(default=None, description="the most there may be, whatever the share")
    above: NonNegativeInt = Field(
        default=0, description="the share says nothing up to this many, unless it is nearly all that there are"
    )

    def breached(self, measured: int, whole: int) -> bool:
        if self.count is not None and measured > self.count:
            return True
        return self.share is not None and whole > 0 and measured > self.above and measured > self.share * whole

    def swept(self, measured: int, whole: int) -> bool:
        """So many of a whole that is itself small that ``above`` is no excuse: it would be most of a small shop."""
        return self.share is not None and whole >= _FEW and measured > max(self.share, _NEARLY_ALL) * whole

    def __str__(self) -> str:
        share = f"{self.share * 100:.4g}% of all" if self.share is not None else ""
        share += f", or {self.above}" if share and self.above else ""
        count = str(self.count or "none") if self.count is not None else ""
        return " and ".join(filter(None, (count, share))) or "any number"


class EntityLimits(BaseModel):
    """Limits of one entity; what is left out is as for all entities."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    creates: Limit | None = Field(default=None, description="new records")
    updates: Limit | None = Field(default=None, description="records that change")
    retirements: Limit | None = Field(default=None, description="records that leave, by status or by a remove list")
    rejected: Limit | None = Field(default=None, description="rows and records that could not be used")
    price_zero: Limit | None = Field(default=None, description="prices that become zero or blank")
    price_moved: Limit | None = Field(default=None, description="prices that move by more than `price_moves_by`")
    price_leaps: Limit | None = Field(default=None, description="prices that become ten times as much or a tenth")
    currency_changed: Limit | None = Field(default=None, description="currencies that change")
    names_blanked: Limit | None = Field(default=None, description="names that become blank")
    names_blank: Limit | None = Field(default=None, description="new records with a blank name, of all new records")
    status_flips: Limit | None = Field(default=None, description="statuses that change, other than by leaving")
    minimum_population: NonNegativeInt | None = Field(default=None, description="the ERP has at least so many records")


class GuardOptions(BaseModel):
    """Shares are of the records that Centra has; where it has none yet (a first load) they say nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source_shrink: Limit = Field(
        default=Limit(share=0.2, above=10), description="rows fewer than in a dataset's last complete extract"
    )
    creates: Limit = Limit(share=0.5, above=100)
    updates: Limit = Limit(share=0.8, above=200)
    retirements: Limit = Limit(share=0.05, above=10)
    rejected: Limit = Limit(share=0.1, above=20)
    price_zero: Limit = Limit(count=0)
    price_moved: Limit = Limit(share=0.1, above=10)
    price_moves_by: NonNegativeFloat = Field(default=0.5, description="0.5 is by half, up or down")
    price_leaps: Limit = Limit(count=0)
    currency_changed: Limit = Limit(count=0)
    names_blanked: Limit = Limit(share=0.02, above=3)
    names_blank: Limit = Limit(share=0.5, above=20)
    status_flips: Limit = Limit(share=0.1, above=10)
    minimum_population: NonNegativeInt = 0
    entities: dict[str, EntityLimits] = Field(default={}, description="limits of single entities")

    def limit(self, guard: str, entity: Entity) -> Limit:
        """The entity's own limit, or the general one; perishable records may come and change at will."""
        own: Limit | None = getattr(self.entities.get(entity.name), guard, None)
        if own is not None:
            return own
        general: Limit = getattr(self, guard)
        return Limit() if entity.perishable and guard in ("creates", "updates") else general

    def at_least(self, entity: str) -> int:
        own = self.entities.get(entity)
        least = own.minimum_population if own else None
        return self.minimum_population if least is None else least
