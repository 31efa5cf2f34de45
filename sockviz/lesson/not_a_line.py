"""What people write in a performed block that is no line of a lesson: why not, and what to write instead.

Python is larger than a lesson's lines. Whoever pastes a loop, a `with` or an f-string from a program of their own is told what a
line may be and how the same is said in lines.
"""

from __future__ import annotations

import ast
import re

from sockviz.language import N_, _
from sockviz.pattern import pattern

_FORMS = N_("a line is `target = call`, `target, target = call`, `call` or `target = value`")
_THERE = N_("in a lesson ctypes, errno, fcntl, os, resource, select, signal, socket and struct are there")
_ALONE = N_(
    "a call that fails does not end the lesson: write the call alone, and `NAME.last.error` in an expect block"
)
_EVERY_TIME = N_("write out each line that is to be performed, once for each time round")
_WHETHER = N_("write the line that is to be performed, and in an expect block what must hold")
_FUNCTIONS = N_(
    "write the lines themselves; for another process a block of its own (```python @client), or os.fork()"
)
_WHOLE_PROCESS = N_("a name that a line binds is the whole process's")
_LAST = N_("a lesson's lines have nothing to return to or to leave")

#: Words that begin a statement of Python's, and what a lesson has instead.
_INSTEAD = {
    "while": _EVERY_TIME, "for": _EVERY_TIME, "break": _EVERY_TIME, "continue": _EVERY_TIME,
    "if": _WHETHER, "elif": _WHETHER, "else": _WHETHER, "match": _WHETHER, "case": _WHETHER,
    "assert": N_("what must hold stands in an expect block"),
    "try": _ALONE, "except": _ALONE, "finally": _ALONE, "raise": _ALONE,
    "with": N_("write s = socket.socket(…), and s.close() where it is to be closed"),
    "def": _FUNCTIONS, "class": _FUNCTIONS, "async": _FUNCTIONS, "await": _FUNCTIONS, "lambda": _FUNCTIONS,
    "return": _LAST, "yield": _LAST, "pass": N_("leave the line out"),
    "global": _WHOLE_PROCESS, "nonlocal": _WHOLE_PROCESS,
    "import": N_(
        "nothing is imported in a lesson: ctypes, errno, fcntl, os, resource, select, signal, socket and struct are there"
    ),
    "from": N_("nothing is imported in a lesson: write socket.AF_INET, not AF_INET"),
    "del": N_("bind the name to something else to let go of a socket"),
}  # fmt: skip
#: Of these only the second says more than that they are no part of a lesson.
_WHOLE = ("import", "from")
#: Words that are names, too, unless a colon ends the line.
_SOFT = ("match", "case")
#: Those that an indented block may follow, and those that may follow one at the same margin.
_OPENING = ("while", "for", "if", "with", "try", "def", "class", "async", "match", "@")
_GOING_ON = ("elif", "else", "except", "finally", "case")
_WORD = pattern(r"([a-z]+)\b(?!\s*(?:=(?!=)|,|\.|\())|@")
_BINDS = pattern(r"\b(?:as|for|def|class)\s+(\w+)|^\s*((?:\w+\s*,\s*)*\w+)\s*=(?!=)", re.MULTILINE)

#: Forms of a value that a line may not have, and what to write instead.
_EXPRESSIONS: dict[type[ast.expr], tuple[str, str]] = {
    ast.Lambda: ("`lambda`", _FUNCTIONS),
    ast.IfExp: ("`if … else`", N_("write the value that is meant")),
    ast.ListComp: (N_("a comprehension"), N_("write the values out: [a, b, c]")),
    ast.SetComp: (N_("a comprehension"), N_("write the values out: [a, b, c]")),
    ast.DictComp: (N_("a comprehension"), N_("write the pairs out: {a: b}")),
    ast.GeneratorExp: (N_("a comprehension"), N_("write the values out: [a, b, c]")),
    ast.JoinedStr: (N_("an f-string"), N_('write the text out, or join its parts: "port " + text')),
    ast.Await: ("`await`", N_("write the call alone: one that sleeps holds up its own process only")),
    ast.Yield: ("`yield`", _LAST),
    ast.YieldFrom: ("`yield`", _LAST),
    ast.Compare: (N_("a comparison"), N_("it belongs into an expect block")),
    ast.BoolOp: (N_("`and` and `or`"), N_("they belong into an expect block")),
    ast.Starred: ("`*`", N_("write the values out")),
    ast.NamedExpr: ("`:=`", N_("bind the name on a line of its own: target = value")),
    ast.Set: (N_("a set"), N_("write a list: [a, b]")),
    ast.Slice: (N_("a slice"), N_("it stands in brackets behind a value: data[0:4]")),
}
#: Functions that programs have and lessons need not.
_FUNCTIONS_INSTEAD = {
    "print": N_("what a line gives stands beside it on the screen"),
    "input": N_("nobody types at a lesson's process: write the value"),
    "range": _EVERY_TIME,
    "len": N_("what must hold of a length stands in an expect block: len(server.data) == 5"),
    "str": N_("write the text out"), "repr": N_("write the text out"),
    "exit": N_("os._exit(0) ends a process"), "quit": N_("os._exit(0) ends a process"),
}  # fmt: skip
#: Modules that programs import and lessons have no use for.
_MODULES_INSTEAD = {
    "time": N_("a lesson never sleeps: `within 5s:` in an expect block waits for what must come"),
    "threading": N_("another process is a block of its own (```python @client), or os.fork()"),
    "multiprocessing": N_("another process is a block of its own (```python @client), or os.fork()"),
    "subprocess": N_("a lesson starts no programs; os.fork() makes another process"),
    "selectors": N_("write select.select, select.poll or select.epoll"),
    "socketserver": N_("write the calls that it makes: socket, bind, listen, accept"),
    "sys": _THERE, "asyncio": _THERE, "ssl": _THERE,
    "ipaddress": N_("write socket.inet_pton and socket.inet_ntop"),
}  # fmt: skip


def forms() -> str:
    """What a line may be."""
    return _(_FORMS)


_SPACELESS = frozenset(
    ["while", "for", "if", "elif", "except", "return", "assert", "del", "with", "raise", "not"]
)


def first_word(code: str) -> str:
    """The word that makes of `code` a statement of Python's that no line of a lesson is; empty where there is none."""
    match = _WORD.match(code)
    if match is None:
        # `if(x):` and `while(1):` are written so in C.
        before, bracket, _after = code.partition("(")
        word = before if bracket and before in _SPACELESS else ""
    else:
        word = match[1] or "@"
    if word in _SOFT and not code.partition("\n")[0].partition("#")[0].rstrip().endswith(":"):
        return ""
    return word if word == "@" or word in _INSTEAD else ""


def opens_a_block(code: str) -> bool:
    """Whether indented lines below `code` belong to it."""
    return first_word(code) in (*_OPENING, *_GOING_ON)


def goes_on(code: str, above: str) -> bool:
    """Whether `code`, at the margin, belongs to what stands at the margin `above` it: ``else:``, or what is decorated."""
    return first_word(code) in _GOING_ON or first_word(above) == "@"


def why_no_statement(code: str) -> str | None:
    """Why `code` is no line of a lesson, by the word it begins with, and what to write instead."""
    word = first_word(code)
    if not word:
        return None
    if word == "@":
        return _("decorators are not part of a lesson: {instead}; {forms}").format(
            instead=_(_FUNCTIONS), forms=forms()
        )
    if word in _WHOLE:
        return _(_INSTEAD[word])
    return _("`{word}` statements are not part of a lesson: {instead}; {forms}").format(
        word=word, instead=_(_INSTEAD[word]), forms=forms()
    )


def names_bound(code: str) -> list[str]:
    """The names that `code` would have bound, so that one mistake is not reported twenty times."""
    found = [word for match in _BINDS.finditer(code) for word in (match[1] or match[2]).split(",")]
    return [word.strip() for word in found if word.strip().isidentifier()]


def why_no_value(node: ast.expr) -> str:
    """Why a form of a value is none that a line has, and what to write instead."""
    what, instead = _EXPRESSIONS.get(type(node), (N_("this"), _FORMS))
    return _("{what} is not part of a lesson's lines: {instead}").format(what=_(what), instead=_(instead))


def why_no_target(node: ast.expr) -> str:
    """Why something on the left of ``=`` is no target."""
    expected = _("expected a plain name on the left of `=`")
    match node:
        case ast.Attribute():
            told = _(
                "what a socket has is changed by its calls, such as settimeout, setblocking or setsockopt"
            )
        case ast.Subscript():
            told = _('no part of a value can be set; bind a new one, such as data = data[:4] + b"x"')
        case ast.Starred():
            told = _("write as many names as there are values")
        case _:
            return expected
    return f"{expected}: {told}"


def instead_of_function(name: str) -> str:
    """``: what …`` for the end of a message that `name` is no function of a lesson; or nothing."""
    instead = _FUNCTIONS_INSTEAD.get(name)
    return f": {_(instead)}" if instead else ""


def why_no_module(name: str) -> str | None:
    """Why `name`, a module of programs, is none of a lesson's."""
    instead = _MODULES_INSTEAD.get(name)
    return (
        _("{name} is no module of a lesson: {instead}").format(name=name, instead=_(instead))
        if instead
        else None
    )
