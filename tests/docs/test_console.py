"""The pages whose console blocks are run, and the runner itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs import console

PAGES = sorted(
    page.relative_to(console.ROOT)
    for page in (console.ROOT / "README.md", *console.ROOT.glob("docs/**/*.md"))
    if "```console" in page.read_text("utf-8")
)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_page_prints_what_it_shows(page: Path) -> None:
    found = console.problems(console.run(console.ROOT / page))
    assert found == [], "\n\n".join(found)


def page(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "page.md"
    path.write_text(f"# A page\n\n```console\n{text}```\n")
    return path


def test_commands_share_a_session(tmp_path: Path) -> None:
    text = "$ cd / && X=3\n$ echo $X; pwd\n3\n/\n$ cat <<END\n> a\n> END\na\n$ false\n$ echo $?\n1\n"
    assert console.problems(console.run(page(tmp_path, text))) == []


@pytest.mark.parametrize(
    "text",
    ["$ echo a\nb\n", "$ echo a\n", "$ false\n", "$ true\na\n", "$ seq 3\n1\n...\n4\n", "$ ls /nowhere\n"],
)
def test_what_is_not_so_is_found(tmp_path: Path, text: str) -> None:
    assert len(console.problems(console.run(page(tmp_path, text)))) == 1


def test_what_varies_is_equal(tmp_path: Path) -> None:
    text = "$ echo made 2031-01-01 10:11 UTC plan 0a1b2c3d4e5f\nmade 2026-11-24 03:46 UTC plan 5f0c1d2e5f0c\n"
    assert console.problems(console.run(page(tmp_path, text))) == []


@pytest.mark.parametrize("dots", ["1\n...\n9\n", "...\n9\n", "1\n...\n", "...\n"])
def test_three_dots_stand_for_any_lines(tmp_path: Path, dots: str) -> None:
    assert console.problems(console.run(page(tmp_path, f"$ seq 9\n{dots}"))) == []


def test_three_dots_at_the_end_stand_for_the_rest(tmp_path: Path) -> None:
    assert console.problems(console.run(page(tmp_path, "$ echo one two three; echo\none ...\n"))) == []
    assert console.problems(console.run(page(tmp_path, "$ echo one two three; echo four\none ...\n"))) != []


def test_blank_lines_count(tmp_path: Path) -> None:
    assert console.problems(console.run(page(tmp_path, "$ printf 'a\\n\\nb\\n'\na\n\nb\n"))) == []
    assert console.problems(console.run(page(tmp_path, "$ printf 'a\\n\\nb\\n'\na\nb\n"))) != []


def test_update_writes_what_was_printed(tmp_path: Path) -> None:
    path = page(tmp_path, "$ echo a\nold\nolder\n$ echo b 2031-01-01 10:11 UTC\n$ seq 3\n1\n...\n")
    done = console.run(path)
    assert console.updated(path.read_text(), done) == (
        "# A page\n\n```console\n$ echo a\na\n"
        "$ echo b 2031-01-01 10:11 UTC\nb 2026-11-24 03:46 UTC\n$ seq 3\n1\n...\n```\n"
    )


def test_the_sandbox_gets_a_port_of_its_own(tmp_path: Path) -> None:
    text = "$ echo 'at: 127.0.0.1:8700' > a.yaml\n$ grep -c 8700 a.yaml\n0\n$ echo $?\n1\n$ echo 8700\n8700\n"
    done = console.run(page(tmp_path, text))
    assert [c.printed for c in done][-1] == ["8700"]
