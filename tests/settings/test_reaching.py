"""What a project file says of sending reaches whoever sends."""

from __future__ import annotations

from pathlib import Path

from erp_sync.apply import SendOptions
from erp_sync.settings import Batch, Patience
from erp_sync.wiring import open_project

PROJECT = """\
version: 1
name: demo
mappings: mappings
sources: {erp: {kind: csv, folder: export}}
centra:
  endpoint: http://127.0.0.1:8700/soap
  username: ${NAME}
  password: ${NAME}
  batch: {documents: 11, bytes: 12000, at_once: 3, records: 14}
  patience: {attempts: 15, first_wait: 16, longest_wait: 17, circuit: 18, hopeless: 19}
"""


def test_every_key_of_batch_and_patience_counts(tmp_path: Path) -> None:
    (tmp_path / "erp-sync.yaml").write_text(PROJECT, "utf-8")
    project = open_project(tmp_path / "erp-sync.yaml", None, {"NAME": "x"})
    assert project.send_options == SendOptions(
        documents=11, bytes=12_000, concurrency=3, records=14, attempts=15, first_wait=16, longest_wait=17, circuit=18,
        hopeless=19,
    )  # fmt: skip
    assert len(Batch.model_fields) + len(Patience.model_fields) == len(SendOptions.__dataclass_fields__)


def test_what_is_not_said_is_as_careful_as_the_sender_is_by_itself(tmp_path: Path) -> None:
    text = "".join(line for line in PROJECT.splitlines(True) if "batch" not in line and "patience" not in line)
    (tmp_path / "erp-sync.yaml").write_text(text, "utf-8")
    assert open_project(tmp_path / "erp-sync.yaml", None, {"NAME": "x"}).send_options == SendOptions()
