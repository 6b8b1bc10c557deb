"""One HTML page, which needs no network: the sources, the tree, and what became what, linked line by line."""

import html
import re
from collections.abc import Mapping

from kecs.export.places import Entry
from kecs.export.report import Report
from kecs.export.verdicts import VERDICTS

_STYLE = """
:root { color-scheme: light dark; font: 14px/1.45 system-ui, sans-serif; }
body { margin: 0; display: grid; grid-template-rows: auto 1fr; height: 100vh; }
header { padding: .6rem 1rem; border-bottom: 1px solid #8886; }
h1 { font-size: 1.1rem; margin: 0 1rem 0 0; display: inline; }
main { display: grid; grid-template-columns: 1fr 1fr 1fr; min-height: 0; }
section { overflow: auto; padding: 0 1rem 40vh; border-right: 1px solid #8886; }
h2 { font-size: .9rem; position: sticky; top: 0; background: Canvas; margin: 0; padding: .5rem 0; }
h3 { font: 600 .8rem ui-monospace, monospace; margin: 1.2rem 0 .2rem; }
pre { margin: 0; font: 12px/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
pre span { display: block; padding-left: 3.2em; text-indent: -3.2em; }
pre span::before { content: attr(data-n); display: inline-block; width: 2.6em; margin-right: .6em; opacity: .5;
  text-align: right; text-indent: 0; user-select: none; }
:target { background: #fd08; }
li { margin: .35rem 0; list-style: none; }
ul { padding: 0; }
.exact { border-left: 4px solid #2a8; } .approximate { border-left: 4px solid #48c; }
.emulated { border-left: 4px solid #c90; } .lost { border-left: 4px solid #c33; }
li, .total { padding-left: .5rem; } .total { margin-right: 1rem; }
small { opacity: .75; }
"""


def page(report: Report, sources: Mapping[str, str], files: Mapping[str, str]) -> str:
    """Return the page. `sources` and `files` are texts by the names that the report calls them."""
    totals = "".join(f'<span class="total {name}">{count} {name}</span>' for name, count in report.totals.items())
    order = {verdict: at for at, verdict in enumerate(reversed(VERDICTS))}
    entries = "".join(_entry(one) for one in sorted(report.entries, key=lambda one: order[one.verdict]))
    notes = "".join(f"<li>{html.escape(note)}</li>" for note in report.notes)
    shown = {name: text for name, text in files.items() if name.endswith((".yaml", ".md"))}
    return (
        "<!doctype html>\n<html lang=en><meta charset=utf-8><title>kecs export</title>"
        f"<style>{_STYLE}</style>\n<header><h1>kecs export</h1>{totals}</header>\n<main>"
        f"<section><h2>Definitions</h2>{_texts(sources)}</section>\n"
        f"<section><h2>What became of them</h2><ul>{entries}{notes}</ul></section>\n"
        f"<section><h2>Tree</h2>{_texts(shown)}</section></main>\n</html>\n"
    )


def _entry(entry: Entry) -> str:
    links = " → ".join(_link(place) for place in (entry.source, entry.output) if place)
    reason = f"<br><small>{html.escape(entry.reason)}</small>" if entry.reason else ""
    head = f"<b>{html.escape(entry.of)}</b> {html.escape(entry.member)}"
    return f'<li class="{entry.verdict}">{head}<br>{links}{reason}</li>'


def _link(place: str) -> str:
    if ":" not in place:  # a whole overlay
        return html.escape(place)
    return f'<a href="#{_anchor(place)}">{html.escape(place)}</a>'


def _anchor(place: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", lambda match: "".join(f"-{ord(char):x}" for char in match[0]), place)


def _texts(texts: Mapping[str, str]) -> str:
    made = []
    for name, text in texts.items():
        lines = "".join(
            f'<span id="{_anchor(f"{name}:{at}")}" data-n="{at}">{html.escape(line)}</span>'
            for at, line in enumerate(text.splitlines(), 1)
        )
        made.append(f"<h3>{html.escape(name)}</h3><pre>{lines}</pre>")
    return "".join(made)
