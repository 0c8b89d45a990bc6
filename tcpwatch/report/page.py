"""index.html: the whole report as one page that loads nothing and runs nothing.

Rule: every word that is not the page's own is escaped. Without styles it is still a page that reads from top to bottom:
problems first, then what they rest on.
"""

from collections.abc import Iterable, Iterator, Sequence

from tcpwatch.report import ladder_svg, texts
from tcpwatch.report.contents import Contents
from tcpwatch.report.markdown import about
from tcpwatch.report.markup import escaped
from tcpwatch.report.page_parts import flows, problems, programs, sockets, table
from tcpwatch.report.page_style import STYLE

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(contents: Contents) -> Iterator[str]:
    """The lines of index.html."""
    yield "<!doctype html>"
    yield f'<html lang="{escaped(contents.language)}"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{escaped(POLICY)}">'
    yield '<meta name="viewport" content="width=device-width,initial-scale=1">'
    yield '<meta name="referrer" content="no-referrer">'
    yield f"<title>{escaped(f'{contents.subject}: {contents.translate(texts.REPORT)}')}</title>"
    yield f"<style>{STYLE}{ladder_svg.STYLE if contents.ladders else ''}</style></head><body>"
    yield from _head(contents)
    for heading, body in _sections(contents):
        lines = list(body)
        if lines:
            yield f"<section><h2>{escaped(contents.translate(heading))}</h2>"
            yield from lines
            yield "</section>"
    yield "</body></html>"


def _sections(contents: Contents) -> Sequence[tuple[str, Iterable[str]]]:
    return (
        (texts.PROBLEMS, problems(contents)),
        (texts.PROGRAMS, programs(contents)),
        (texts.LADDERS, _ladders(contents)),
        (texts.SOCKETS, sockets(contents)),
        (texts.FLOWS, flows(contents)),
        (texts.SOURCES, _sources(contents)),
        (texts.FILES, _files(contents)),
    )


def _head(contents: Contents) -> Iterator[str]:
    yield f'<header><p class="muted">{escaped(contents.translate(texts.REPORT))}</p>'
    yield f"<h1>{escaped(contents.subject)}</h1>"
    yield f'<p class="muted">{" · ".join(map(escaped, about(contents)))}</p></header>'


def _ladders(contents: Contents) -> Iterator[str]:
    for number, ladder in enumerate(contents.ladders, 1):
        yield f'<figure id="ladder-{number}"><figcaption>{number} · {escaped(ladder.title)}</figcaption>'
        yield f'<div class="wide">{ladder_svg.svg(ladder)}</div></figure>'


def _sources(contents: Contents) -> Iterator[str]:
    rows = []
    for source in contents.sources:
        lacking = source.partly or contents.translate(texts.NOT_LOOKED_AT)
        rows.append(("●" if source.working else f"○ {lacking}", source.name, source.message))
    if rows:
        yield from table((), rows)
    if contents.doctor:
        yield "<details open><summary>doctor</summary>"
        yield f"<pre>{'<br>'.join(map(escaped, contents.doctor))}</pre></details>"


def _files(contents: Contents) -> Iterator[str]:
    yield "<ul>"
    for name, has in contents.files.items():
        yield f'<li><a href="{escaped(name)}">{escaped(name)}</a> {escaped(contents.translate(has))}</li>'
    yield "</ul>"
    for remark in contents.remarks:
        yield f"<p>{escaped(remark)}</p>"
