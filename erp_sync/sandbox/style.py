"""The look of the pages: one style sheet, no pictures, no scripts."""

from __future__ import annotations

from typing import Final

CSS: Final = """
:root { color-scheme: light dark; --line: #d9dce1; --soft: #f4f5f7; --text: #1d2129; --dim: #667080; --link: #1f5fbf;
  --good: #1a7f46; --bad: #b3261e; --page: #fff; }
@media (prefers-color-scheme: dark) { :root { --line: #363b44; --soft: #22262d; --text: #e4e7ec; --dim: #98a1b0;
  --link: #86b4ff; --good: #6fd39b; --bad: #ff8a80; --page: #181b20; } }
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif }
header { border-bottom: 1px solid var(--line); padding: .8rem 1.5rem; display: flex; gap: 1.5rem; align-items: baseline;
  flex-wrap: wrap }
header strong { font-size: 1.05rem } header a { color: var(--text) }
main { padding: 1rem 1.5rem 3rem; max-width: 82rem; margin: auto }
a { color: var(--link); text-decoration: none } a:hover { text-decoration: underline }
h1 { font-size: 1.5rem; margin: .6rem 0 1rem; overflow-wrap: anywhere }
h2 { font-size: 1.1rem; margin: 2rem 0 .6rem }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100% }
th { text-align: left; font-weight: 600; color: var(--dim); font-size: .85rem; white-space: nowrap }
th, td { padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
td { overflow-wrap: break-word; max-width: 30rem } .whole { white-space: nowrap }
.fields td { overflow-wrap: anywhere; max-width: none; min-width: 3.5rem }
.fields td:first-child { width: 16rem; color: var(--dim) }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(12rem, 1fr)); gap: .6rem }
.card { border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .8rem; display: flex;
  justify-content: space-between; color: var(--text) }
.card b { font-variant-numeric: tabular-nums } .card.zero { opacity: .55 }
.dim { color: var(--dim) } .good { color: var(--good) } .bad { color: var(--bad) }
pre { background: var(--soft); padding: .8rem; border-radius: .5rem; overflow-x: auto }
form { display: flex; gap: .5rem; margin: 0 0 1rem }
input { font: inherit; padding: .3rem .5rem; border: 1px solid var(--line); border-radius: .35rem;
  background: var(--page); color: var(--text) }
details { margin: .2rem 0 .2rem .2rem; border-left: 2px solid var(--line); padding-left: .9rem }
summary { cursor: pointer; font-weight: 600; margin-left: -.2rem }
"""
