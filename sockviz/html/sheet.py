"""What the page looks like, but for its colours: those are `sockviz.html.style`'s, and stand here by their names.

A panel of the stage is of `sockviz.html.stage.WIDTH` cells, with its frame 27 times the size of its letters: on whatever is
narrower than a phone those are smaller, so that nobody has to scroll a drawing; on paper they are as large as lets three
stand beside each other on A4, between the margins that browsers leave.
"""

SHEET = """\
* { box-sizing: border-box }
html { font: 100%/1.55 system-ui, sans-serif; -webkit-text-size-adjust: 100% }
body { margin: 0 auto; padding: .75rem .625rem 3rem; max-width: 78rem; overflow-wrap: anywhere }
body { color: var(--foreground); background: var(--background) }
h1, h2, h3 { line-height: 1.25; margin: 1.6em 0 .5em }
h1, h2 { color: var(--primary) }
h1 { font-size: 1.7rem; margin-top: .4em }
h2 { font-size: 1.35rem }
h3 { font-size: 1.05rem }
p, ul, ol, dl, blockquote, details { margin: .6em 0; max-width: 44rem }
li > p { margin: .2em 0 }
a { color: var(--primary) }
a:focus-visible, summary:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--primary); outline-offset: 2px }
.skip { position: absolute; left: -100rem }
.skip:focus { position: static }
header dl { display: grid; grid-template-columns: max-content 1fr; gap: .1em 1em }
dt { color: var(--quiet) }
dd { margin: 0 }
section.page { border-top: 1px solid var(--quiet); margin-top: 2.5rem }
pre, code, .result, .remark { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace }
code, .result, .remark { font-size: .92em }
code { color: var(--code); background: var(--code-background); padding: 0 .2em; white-space: pre-wrap }
pre { margin: .6em 0; padding: .6em; overflow-x: auto; line-height: 1.3; background: var(--surface) }
pre.listing { font-size: .85rem; color: var(--code); background: var(--code-background) }
table { border-collapse: collapse }
th, td { border: 1px solid var(--quiet); padding: .2em .6em; text-align: start }
.table { overflow-x: auto; margin: .6em 0 }
.table table { overflow-wrap: normal }
blockquote { margin-inline: 0; padding-inline-start: 1em; border-inline-start: 3px solid var(--quiet) }
.lines { list-style: none; margin: 0; padding: .4em .6em; max-width: none; background: var(--surface) }
.lines > li { margin: .5em 0 }
.lines li > code { color: var(--foreground); background: var(--surface); padding: 0 }
.who { margin-bottom: 0; font-weight: bold }
.result { margin-inline-start: 1em }
.said { margin: .1em 0 .1em 1.2em; color: var(--quiet) }
.card { margin: .4em 0 .4em 1.2em; padding-inline-start: .8em; border-inline-start: 3px solid var(--error) }
.card p, .card dl { margin: .2em 0 }
.predict { max-width: 44rem; margin: 1em 0; padding: .1em 1em }
.predict { background: var(--surface); border-inline-start: 3px solid var(--accent) }
.label { color: var(--accent); font-weight: bold; margin-bottom: 0 }
summary { cursor: pointer; color: var(--primary); font-weight: bold }
.judged { list-style: none; padding-inline-start: 0 }
.panels { display: flex; flex-wrap: wrap; gap: .6rem; align-items: flex-start }
.panel { max-width: 100%; border: 1px solid var(--quiet) }
.panel.framed { border-color: transparent }
.panel pre { margin: 0; padding: .3rem 0; font-size: min(.75rem, (100vw - 2.25rem) / 27) }
.notice { border: 1px solid var(--warning); padding: .4em .8em }
footer { margin-top: 3rem; border-top: 1px solid var(--quiet); color: var(--quiet) }
@media (min-width: 64rem) { .panel pre { font-size: .8rem; padding: .4rem } }
@media print {
html { font-size: 10pt }
body { max-width: none; padding: 0 }
nav, .skip { display: none }
h2, h3, .who, .label { break-after: avoid }
.judged, .lines { break-before: avoid }
.panels, .panel, .predict, .lines > li, .card, tr, pre.listing { break-inside: avoid }
.panels { gap: 4pt }
.panel pre { font-size: 6.3pt }
pre { white-space: pre-wrap }
a { color: inherit }
}
"""
