"""erp-sync mapping test: rows that a file gives, and whether the mapping makes of them what it is to make."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from erp_sync.centra.catalog import CATALOG
from erp_sync.cli.session import Session, project_options
from erp_sync.errors import FixMapping, FixSettings
from erp_sync.mapping.complaints import suggest
from erp_sync.report.document import number
from erp_sync.report.text import visible
from erp_sync.testing.mappings import SUFFIX, Difference, Done, TestsFile, read_tests, run_file, test_files, update
from erp_sync.testing.mappings.running import Sets

FAILED, WRONG = 1, 2


@click.command()
@click.argument("files", metavar="[FILE]...", nargs=-1)
@click.option("--name", default="", metavar="TEXT", help="Only tests whose name contains this.")
@click.option("--update", "updating", is_flag=True, help="Write what comes out into the files as what is expected.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per test.")
@project_options
def command(session: Session, files: tuple[str, ...], name: str, updating: bool, as_json: bool) -> int:
    """Test mappings: the rows in NAME.test.yaml, beside NAME.yaml, through the mapping.

    FILE is a file of tests, the mapping beside it, or a folder; without it all tests of the project's mappings are run.
    Nothing else is needed: no Centra, no ledger and no ERP. Ends with 1 where a test fails, with 2 where a file is
    wrong. After --update look at what it wrote: a test is worth as much as the eyes that read it.
    """
    home, parameters = _project(session, needed=not files)
    paths = [path for file in files for path in _found(file, home)] if files else _tests_of(home)
    sets = Sets(CATALOG, parameters)
    passed = failed = written = 0
    wrong: list[FixMapping] = []
    for path in dict.fromkeys(paths):
        try:
            file = read_tests(path)
            done = list(run_file(file, sets, name))
            written += update(file, done, CATALOG) if updating else 0
        except FixMapping as cause:
            wrong += cause.problems or [cause]
            continue
        passed += sum(not one.differences for one in done)
        failed += sum(bool(one.differences) for one in done)
        for line in _plain(file, done) if as_json else _lines(file, done, updating):
            click.echo(line)
    for problem in {str(p): p for p in wrong}.values():
        click.echo(f"erp-sync: {problem}", err=True)
    if not passed + failed and not wrong:
        raise FixSettings(f'no test has "{name}" in its name', advice="without --name all are run")
    if not as_json:
        click.echo(_conclusion(passed, failed, written, updating))
    return WRONG if wrong else FAILED if failed and not updating else 0


def _project(session: Session, *, needed: bool) -> tuple[Path | None, Mapping[str, str]]:
    """The project's mappings and parameters; of files that are named, the parameters that stand in them do."""
    if not needed and not session.project.exists():
        return None, {}
    settings = session.open().settings
    return settings.mappings, settings.parameters


def _tests_of(folder: Path | None) -> list[Path]:
    found = test_files(folder) if folder is not None else []
    if not found:
        raise FixSettings(f"{folder} holds no test", advice=f"write one beside a mapping: product{SUFFIX}")
    return found


def _found(name: str, home: Path | None) -> list[Path]:
    """By path, or by name in the project's mappings."""
    for folder in (Path(), *([home] if home is not None else [])):
        path = folder / name
        if path.is_dir():
            return _tests_of(path)
        stem = name.removesuffix(SUFFIX).removesuffix(".yaml")
        if (beside := folder / f"{stem}{SUFFIX}").is_file():
            return [beside]
    there = [p.name.removesuffix(SUFFIX) for p in test_files(home)] if home is not None else []
    raise FixSettings(f"there is no test of {name}", advice=suggest(Path(name).stem, there, "there are tests of"))


def _lines(file: TestsFile, done: Sequence[Done], updating: bool) -> Iterator[str]:
    if done:
        yield click.style(visible(file.name), bold=True)
    for one in done:
        if not one.differences:
            yield f"  ok       {visible(one.test.name)}"
            continue
        word = click.style("written ", fg="yellow") if updating else click.style("FAILED  ", fg="red")
        yield f"  {word} {visible(one.test.name)}"
        for difference in one.differences:
            yield from _difference(difference)


def _difference(difference: Difference) -> Iterator[str]:
    yield f"    {difference.place}: {visible(difference.what)}"
    width = max((len(word) for word, text in difference.lines if text), default=0)
    for word, text in difference.lines:
        if text:
            yield f"      {visible(word):<{width}}{'  ' if width else ''}{visible(text)}"


def _plain(file: TestsFile, done: Sequence[Done]) -> Iterator[str]:
    for one in done:
        differences = [
            {"at": str(d.place), "what": d.what, "lines": [{"word": word, "text": text} for word, text in d.lines]}
            for d in one.differences
        ]
        plain = {"file": file.name, "test": one.test.name, "ok": not differences, "differences": differences}
        yield json.dumps(plain, ensure_ascii=False)


def _conclusion(passed: int, failed: int, written: int, updating: bool) -> str:
    said = [f"{number(passed)} passed"]
    if updating:
        said += [f"{number(written)} written: read them before you trust them"] if written else []
    elif failed:
        said.append(f"{number(failed)} failed")
    return ", ".join(said) + "."
