"""Everything assumed has its sentence, and the page about Centra has them all."""

from __future__ import annotations

from pathlib import Path

from erp_sync.centra import assumed

PAGE = Path(__file__).parents[2] / "docs" / "centra.md"


def test_every_constant_has_a_sentence() -> None:
    constants = {name for name in vars(assumed) if name.isupper()} - {"SENTENCES"}
    assert constants <= set(assumed.SENTENCES)
    assert all(sentence.endswith(".") for sentence in assumed.SENTENCES.values())


def test_the_page_has_every_sentence() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name, text in assumed.SENTENCES.items() if f"- **{name}**: {text}\n" not in page] == []
