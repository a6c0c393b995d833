"""The source as a whole: its datasets, its options, how it is found."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from erp_sync.errors import FixSettings, FixSource
from erp_sync.ports import ColumnInfo, DatasetInfo, Source
from erp_sync.sources.csv_options import CsvOptions
from erp_sync.sources.csv_source import CsvSource
from erp_sync.sources.registry import kinds, source_class
from tests.sources.conftest import csv_source, read_all

REAL = Path(__file__).parents[3] / "shared/data/adventureworks"


def test_without_settings_every_file_is_a_dataset(tmp_path: Path) -> None:
    for name in ("items.csv", "prices.txt.gz", "stock.zip", "sub.xlsx", "readme.md", "items.done"):
        (tmp_path / name).write_bytes(b"")
    assert csv_source(tmp_path).datasets() == ("items", "prices", "stock", "sub")


def test_describe_reads_the_header_only(tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()
    (tmp_path / "export/items-1.csv").write_bytes(b"")
    (tmp_path / "export/items-2.csv").write_bytes(b"No_;Name\n1;x\n")
    source = csv_source(tmp_path, folder="export", datasets={"items": {"files": "items-*.csv"}})
    assert source.describe("items") == DatasetInfo(
        "items", "export/items-1.csv, export/items-2.csv", (ColumnInfo("No_", "text"), ColumnInfo("Name", "text"))
    )
    with pytest.raises(FixSource, match="source erp has no dataset 'item', did you mean 'items'"):
        source.describe("item")


def test_a_dataset_overrides_its_source(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"x,y\n1,2;3\n")
    (tmp_path / "b.csv").write_bytes(b"1;2,3\n")
    source = csv_source(
        tmp_path,
        delimiter=",",
        datasets={
            "a": {"files": "a.csv"},
            "b": {"files": ["b.csv"], "delimiter": ";", "header": False, "columns": ["x", "y"]},
        },
    )
    assert read_all(source, "a").rows == [("1", "2;3")]
    assert read_all(source, "b").rows == [("1", "2,3")]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"delimter": ";"}, "Extra inputs are not permitted"),
        ({"quote": "<<"}, "quote must be one ASCII character, or none"),
        ({"delimiter": '"'}, "delimiter must differ from quote"),
        ({"datasets": {"a": {"files": "a.csv", "columns": ["x", "y", "x"]}}}, "named more than once: x"),
        ({"datasets": {"a": {}}}, "Field required"),
        ({"header": "yes"}, "valid boolean"),
    ],
)
def test_options_that_cannot_be(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        CsvOptions.model_validate(options)


def test_every_option_is_described() -> None:
    schema = CsvOptions.model_json_schema()
    for model in (schema, *schema["$defs"].values()):
        assert model["additionalProperties"] is False
        assert all(p.get("description") for p in model["properties"].values())


def test_adapters_are_found_by_kind_and_by_path() -> None:
    assert "csv" in kinds()
    for kind in ("csv", "erp_sync.sources.csv_source:CsvSource"):
        found: object = source_class(kind)
        assert found is CsvSource
    assert isinstance(source_class("csv").from_options("erp", CsvOptions.model_validate({}), Path()), Source)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("cvs", "there is no kind of source 'cvs', did you mean 'csv'"),
        ("nowhere.to.be:Found", "cannot be imported: No module named 'nowhere'"),
        ("erp_sync.sources.csv_source:Gone", "cannot be imported: .*Gone"),
        ("erp_sync.sources.digest:ContentDigest", "is no source adapter"),
    ],
)
def test_adapters_that_are_not_there(kind: str, message: str) -> None:
    with pytest.raises(FixSettings, match=message):
        source_class(kind)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real exports are not here")
def test_real_exports_as_they_are() -> None:
    described = yaml.safe_load((REAL / "columns.yaml").read_text())
    source = CsvSource.from_options(
        "aw",
        CsvOptions.model_validate(
            {
                "folder": "adventureworks",
                "header": False,
                "quote": "none",
                "datasets": {
                    name: {
                        "files": f"{name}.csv",
                        **{key: about[key] for key in ("columns", "encoding", "delimiter", "row_end")},
                    }
                    for name, about in described.items()
                },
            }
        ),
        REAL.parent,
    )
    for name, about in described.items():
        got = read_all(source, name)
        text = (REAL / f"{name}.csv").read_bytes().decode()
        rows = [r.split(about["delimiter"]) for r in text.split(about["row_end"])][:-1]
        assert got.rows == [tuple(r) for r in rows], name
        line, lines = 1, []
        for row in text.split(about["row_end"])[:-1]:
            lines.append(line)
            line += (row + about["row_end"]).count("\n")
        assert got.lines == lines, name
        assert got.report.complete, got.report.problems


def test_csv_reads_what_the_csv_module_reads(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    with path.open("w", newline="") as f:
        csv.writer(f).writerows([["a", "b"], ["1", 'x,"y"\n'], ["", " "]])
    with path.open(newline="") as f:
        assert read_all(csv_source(tmp_path), "t").rows == [tuple(r) for r in list(csv.reader(f))[1:]]


def test_a_folder_or_a_dead_link_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "items.csv").mkdir()
    (tmp_path / "prices.csv").symlink_to(tmp_path / "nowhere.csv")
    for name in ("items", "prices"):
        source = csv_source(tmp_path, datasets={name: {"files": f"{name}.csv"}})
        with pytest.raises(FixSource, match=rf"{name}\.csv is no file"):
            source.describe(name)


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "items.csv").write_bytes(b"a;b\n1;2\n")

    def refused(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refused)  # root may read everything
    with pytest.raises(FixSource, match=r"items\.csv may not be read by this user"):
        read_all(csv_source(tmp_path), "items")
