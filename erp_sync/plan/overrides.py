"""Letting one guard's breach pass in one plan: ``retirements:product@5f0c1d…``. There is no override for all."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import replace

from erp_sync.errors import FixSettings
from erp_sync.model.plan import Manifest, Verdict

_SHORTEST = 12


def overridden(verdicts: Iterable[Verdict], overrides: Iterable[str], content: str) -> tuple[Verdict, ...]:
    """Verdicts with those marked that an override names together with this plan's content digest.

    An override for other content changes nothing: what it approved is not what stands here.
    Raises FixSettings for an override that is not of the form ``guard:entity@digest``.
    """
    allowed = set()
    for override in overrides:
        name, at, digest = override.rpartition("@")
        if not (at and name) or len(digest) < _SHORTEST:
            raise FixSettings(
                f"override {override!r} is not of the form guard:entity@digest",
                advice=f"copy it from the refusal's advice; {_SHORTEST} characters of the digest are enough",
            )
        if _bare(content).startswith(_bare(digest)):
            allowed.add(name)
    return tuple(replace(v, overridden=True) if v.breached and v.name in allowed else v for v in verdicts)


def override(manifest: Manifest, overrides: Iterable[str]) -> Manifest:
    """The manifest of a plan whose breaches a person has looked at. Its digest stays: the plan is the same."""
    return replace(manifest, verdicts=overridden(manifest.verdicts, overrides, manifest.content))


def how_to_override(verdict: Verdict, content: str) -> str:
    """What to type to let this breach pass in the plan with this content, and in no other."""
    return f"--override {shlex.quote(f'{verdict.name}@{_bare(content)[:_SHORTEST]}')}"


def _bare(digest: str) -> str:
    return digest.removeprefix("sha256:")
