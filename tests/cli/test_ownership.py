"""Who owns a field, as an integrator meets it: in the plan, not in a test of the diff."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from erp_sync.sandbox import Server
from tests.cli.conftest import Run

Edit = Callable[[str, str, str], None]
NAME = "{from: Name, transform: [strip, {truncate: 100}], required: true}"


def sent(sandbox: Server) -> dict[str, str]:
    found = sandbox.sandbox.get("product", "1000")
    assert found is not None
    return found


def test_what_centra_owns_is_shown_where_it_differs_and_never_sent(erp_sync: Run, edit: Edit, sandbox: Server) -> None:
    assert erp_sync("sync", "--yes", "-q").code == 0
    before = sent(sandbox)
    edit("mappings/product.yaml", NAME, "{from: Name, owner: centra}")
    edit("export/items.csv", "Wool scarf", "Woollen scarf")
    said = erp_sync("plan", "-q", "--all")
    assert said.code == 0
    assert "1 centra-owned\n" in said.out
    assert f'description  "{before["description"]}" -> "Woollen scarf"' in said.out
    assert "owner: centra" in said.out
    assert "to update" not in said.out
    assert erp_sync("sync", "--yes", "-q").code == 0
    assert sent(sandbox) == before
    assert "1 centra-owned" in erp_sync("plan", "-q").out  # until the two agree, or nobody maps it any more


def test_what_is_sent_at_creation_only_is_left_alone_later(erp_sync: Run, edit: Edit, sandbox: Server) -> None:
    edit("mappings/product.yaml", NAME, "{from: Name, owner: create_only}")
    assert erp_sync("sync", "--yes", "-q").code == 0
    assert sent(sandbox)["description"] == "Wool scarf"
    edit("export/items.csv", "Wool scarf", "Woollen scarf")
    assert "No changes" in erp_sync("plan", "-q").out


def test_a_record_leaves_after_so_many_complete_runs_without_it(
    erp_sync: Run, edit: Edit, sandbox: Server, tmp_path: Path
) -> None:
    edit("mappings/product.yaml", "where:", "vanish: {retire_after: 2}\nwhere:")
    assert erp_sync("sync", "--yes", "-q").code == 0
    items = tmp_path / "export" / "items.csv"
    lines = items.read_text("utf-8").splitlines(keepends=True)
    items.write_text("".join(line for line in lines if not line.startswith("1000;")), "utf-8")
    assert "it leaves after 2" in erp_sync("sync", "--yes", "-q").out
    assert sent(sandbox)["status"] == "active"
    said = erp_sync("plan", "-q")
    assert "1 to retire" in said.out
    assert 'status  "active" -> ' in said.out
