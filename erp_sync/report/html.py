"""A report as one self-contained HTML page: no script, nothing loaded from elsewhere, readable on a phone."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TextIO

from erp_sync.report.document import Document, number
from erp_sync.report.entries import Entry
from erp_sync.report.text import shown, visible

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --faint: #777; --add: #18794e; --change: #8a5a00; --leave: #b42318;
  --wait: #8e24aa; }
@media (prefers-color-scheme: dark) { :root { --faint: #aaa; --add: #4ade80; --change: #fbbf24; --leave: #f87171;
  --wait: #e879f9; } }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; margin: 0 0 .5rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; border-bottom: 1px solid var(--line); }
.conclusion { font-size: 1.1rem; font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 1rem 0; }
dt, .where, .old { color: var(--faint); }
dd { margin: 0; }
.scroll { overflow-x: auto; overflow-wrap: normal; }
table { border-collapse: collapse; }
th, td { padding: .25rem .6rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th:first-child { text-align: left; padding-left: 0; }
th { font-weight: 600; }
article { border-left: 4px solid var(--line); margin: .75rem 0; padding: .1rem 0 .1rem .75rem; }
article.create { border-color: var(--add); }
article.update { border-color: var(--change); }
article.retire, article.unlink, .breach { border-color: var(--leave); }
article.blocked, article.parked, article.held, article.centra-owned, article.rejected { border-color: var(--wait); }
article h3 { font-size: 1rem; margin: 0; }
article p { margin: 0; }
.where { font-size: .85rem; }
ul { list-style: none; margin: .2rem 0; padding: 0; }
li { padding: .1rem 0; }
.path { display: inline-block; min-width: 11rem; }
code, .value { font-family: ui-monospace, monospace; font-size: .9rem; white-space: pre-wrap; }
del { text-decoration: none; color: var(--faint); }
ins { text-decoration: none; font-weight: 600; }
@media (max-width: 40rem) { .path { display: block; min-width: 0; color: var(--faint); font-size: .85rem; } }
"""


def write(document: Document, out: TextIO) -> None:
    """Entry by entry, so that a report of any length is written in constant memory."""
    put = out.write
    title = _text(document.title)
    put(
        "<!doctype html>\n"
        f'<html lang="en"><head><meta charset="utf-8"><title>{title}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<style>{_STYLE}</style></head>\n<body>\n<h1>{title}</h1>\n"
        f'<p class="conclusion">{_text(document.conclusion)}</p>\n'
    )
    put("<dl>" + "".join(f"<dt>{_text(n)}</dt><dd>{_text(v)}</dd>" for n, v in document.header) + "</dl>\n")
    columns, rows = document.table()
    if rows:
        put('<div class="scroll"><table><thead><tr><th></th>')
        put("".join(f'<th scope="col">{_text(c)}</th>' for c in columns) + "</tr></thead><tbody>\n")
        for entity, figures in rows:
            cells = "".join(f"<td>{number(n) if n else '·'}</td>" for n in figures)
            put(f'<tr><th scope="row">{_text(entity)}</th>{cells}</tr>\n')
        put("</tbody></table></div>\n")
    if breaches := document.guards():
        put("<h2>Guards</h2>\n")
        for breach in breaches:
            put(f'<article class="breach"><h3>{_text(breach.message)}</h3>{_list(map(_text, breach.examples))}')
            put("".join(f"<p>{_text(line)}</p>" for line in breach.advice) + "</article>\n")
    for section in document.sections():
        put(f"<h2>{_text(section.title)}</h2>\n")
        for entry in section.entries:
            put(_entry(entry))
        if more := section.left_out():
            put(f"<p>… and {_text(more)}</p>\n")
    if notes := document.notes():
        put("<h2>Notes</h2>\n" + _list(map(_text, notes)))
    put("</body></html>\n")


def _entry(entry: Entry) -> str:
    fields = _list(
        f'<span class="path">{_text(f.path)}</span> '
        + ("" if entry.sign == "+" else f'<del class="value">{_text(shown(f.old))}</del> → ')
        + f'<ins class="value">{_text(shown(f.new))}</ins>'
        + " (in doubt)" * f.doubtful
        for f in entry.fields
    )
    reason = f"<p>{_text(entry.reason)}</p>" if entry.reason else ""
    where = f'<p class="where">{_text(entry.where)}</p>' if entry.where else ""
    return (
        f'<article class="{entry.word}"><h3>{_text(entry.word)} {_text(entry.entity)} '
        f'<span class="value">{_text(entry.key)}</span></h3>{where}{reason}{fields}</article>\n'
    )


def _list(items: Iterable[str]) -> str:
    lines = "".join(f"<li>{item}</li>" for item in items)
    return f"<ul>{lines}</ul>" if lines else ""


def _text(text: str) -> str:
    return escape(visible(text))
