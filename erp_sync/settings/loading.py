"""Project file -> settings: one environment chosen, variables put in, typed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from erp_sync.errors import ErpSyncError, FixSettings
from erp_sync.mapping.complaints import suggest
from erp_sync.mapping.reading import raise_all, read_yaml, validate
from erp_sync.plan import GuardOptions
from erp_sync.settings.layers import LayeredFile, merge
from erp_sync.settings.project import CentraSettings, LedgerSettings, PlanSettings, ProjectFile, SourceSettings
from erp_sync.settings.shipped import shipped
from erp_sync.settings.variables import Unset, fill, written_secrets

_SQLITE = re.compile(r"(sqlite(?:\+\w+)?:///)(?!:memory:|/|file:)(.+)\Z", re.DOTALL)


@dataclass(frozen=True)
class Settings:
    """A project file as it holds in one environment.

    A section whose variables are not all set raises FixSettings when it is asked for, and not before: checking a
    mapping needs no password.
    """

    path: Path
    environment: str | None
    file: LayeredFile
    project: ProjectFile
    unset: tuple[Unset, ...]

    @property
    def folder(self) -> Path:
        """Relative paths in the project file start here."""
        return self.path.parent

    @property
    def name(self) -> str:
        return self.project.name

    @property
    def centra(self) -> CentraSettings:
        self._require("centra")
        return self.project.centra

    @property
    def ledger(self) -> LedgerSettings:
        self._require("ledger")
        return self.project.ledger

    @property
    def ledger_url(self) -> str:
        """With a relative SQLite file put into the project's folder. Holds the password, if there is one."""
        return _SQLITE.sub(
            lambda m: f"{m[1]}{(self.folder / m[2]).absolute().as_posix()}", self.ledger.url.get_secret_value()
        )

    @property
    def timezone(self) -> ZoneInfo:
        return ZoneInfo(self.project.timezone)

    @property
    def plan(self) -> PlanSettings:
        return self.project.plan

    @property
    def guards(self) -> GuardOptions:
        return self.project.guards

    @property
    def parameters(self) -> dict[str, str]:
        self._require("parameters")
        return self.project.parameters

    @property
    def source_names(self) -> list[str]:
        return list(self.project.sources)

    def source(self, name: str) -> SourceSettings:
        if name not in self.project.sources:
            raise FixSettings(f'there is no source "{name}"', advice=suggest(name, self.project.sources, "sources"),
                              place=self.file.place(("sources",), key=True))  # fmt: skip
        self._require("sources", name)
        return self.project.sources[name]

    def source_file(self, name: str) -> LayeredFile:
        """The source's options as a file, so that an adapter's own model complains with line and column."""
        return self.file.below("sources", name, data=self.source(name).options)

    @property
    def mappings(self) -> Path:
        """The folder of the mappings."""
        written = self.project.mappings
        named = written.removeprefix("shipped:")
        if named == written:
            folder, advice = self.folder / written, "it is a folder of .yaml files; see erp-sync init"
        else:
            sets = sorted(p.name for p in shipped("mappings").iterdir() if p.is_dir())
            folder, advice = shipped("mappings") / named, suggest(named, sets, "shipped are")
        if not folder.is_dir():
            raise FixSettings(f'there are no mappings "{written}"', advice=advice, place=self.file.place(("mappings",)))
        return folder

    def require_all(self) -> None:
        """Raises FixSettings for all variables that are not set."""
        self._require()

    def _require(self, *section: str) -> None:
        problems: list[ErpSyncError] = [
            FixSettings(unset.what, place=self.file.place(unset.path))
            for unset in self.unset
            if unset.path[: len(section)] == section
        ]
        if problems:
            raise_all(problems, FixSettings)


def load_settings(path: Path, environment: str | None, variables: Mapping[str, str]) -> Settings:
    """Read a project file. ``variables`` are the process's environment. Raises FixSettings with all problems."""
    if not path.is_file():
        raise FixSettings(f"there is no project file {path}",
                          advice="make one with erp-sync init, or name yours with --project FILE")  # fmt: skip
    written = read_yaml(path, FixSettings)
    problems: list[ErpSyncError] = list(written_secrets(written.data, written.place))
    if problems:
        raise_all(problems, FixSettings)
    data = written.data
    prefixes: tuple[tuple[str, ...], ...] = ((),)
    if environment is not None:
        environments = data.get("environments") if isinstance(data, dict) else None
        known = environments if isinstance(environments, dict) else {}
        if environment not in known:
            raise FixSettings(
                f'there is no environment "{environment}"',
                advice=suggest(environment, known, "there are"),
                place=written.place(("environments",), key=True),
            )
        data = merge(data, known[environment])
        prefixes = (("environments", environment), ())
    relevant = {k: v for k, v in data.items() if k != "environments"} if isinstance(data, dict) else data
    filled, unset = fill(relevant, variables, path.parent)
    file = LayeredFile(written.name, filled, None, under=written, prefixes=prefixes)
    return Settings(path, environment, file, validate(file, ProjectFile, FixSettings), tuple(unset))
