"""``export``: packets as pcapng, a lesson's processes as programs, a performed lesson as a page of HTML."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from sockviz import door
from sockviz.commands.shared import FAILED, OK, Usage, cannot_be_read, find, read
from sockviz.language import _, current
from sockviz.visible import quoted

if TYPE_CHECKING:
    from sockviz.model.lab_facts import LabFacts


def export(options: argparse.Namespace) -> int:
    """Writes what was asked for."""
    if options.plain and options.code is None:
        raise Usage(_("--plain: only programs can be plain; say --code c DIR or --code python DIR with it"))
    if options.pcapng is None and options.seen_by is not None:
        raise Usage(_("--seen-by goes with --pcapng: what one host's interface has seen"))
    if options.html is not None:
        from sockviz.commands.exporting_html import export_html

        return export_html(options)
    return _programs(options) if options.code is not None else _packets(options)


def _packets(options: argparse.Namespace) -> int:
    from sockviz.input_file import NotAFile
    from sockviz.model.pcapng import NoPackets, NoSuchHost
    from sockviz.model.recording import BadRecording, load_file
    from sockviz.output_file import NotWritten
    from sockviz.player.export_packets import export_pcapng

    recording, out = Path(options.source), Path(options.pcapng)
    try:
        exported = export_pcapng(load_file(recording), out, options.seen_by)
    except NotAFile as error:
        door.complain(cannot_be_read(recording, error))
        return FAILED
    except NoSuchHost as hosts:
        known = str(hosts)
        told = (
            _("--seen-by {host}: the hosts of this recording are {known}")
            if known
            else _("--seen-by {host}: this recording has one host, which has seen each packet once")
        )
        raise Usage(told.format(host=quoted(options.seen_by), known=known)) from None
    except NotWritten as error:
        raise Usage(f"--pcapng {quoted(str(out))}: {error.strerror}") from None
    except OSError as error:
        raise Usage(cannot_be_read(recording, error)) from None
    except BadRecording as bad:
        door.complain(str(bad))
        return FAILED
    except NoPackets as none:
        door.complain(
            _("{file}: this recording has no captured packets: {reason}").format(
                file=quoted(str(recording)), reason=_why_none(none.lab)
            )
        )
        return FAILED
    door.out().say(exported.summary)
    if exported.problem is not None:
        door.complain(exported.problem)
    return OK


def _why_none(lab: LabFacts | None) -> str:
    """Why there are no packets: nothing was sent, or `lab` captures nothing."""
    from sockviz.words.kept_sentences import in_words

    if lab is None:
        return _("nothing was sent in it")
    lacks = [in_words(why) for what, why in lab.missing.items() if what == "packets"]
    because = f" ({'; '.join(lacks)})" if lacks else ""
    return _("its lab had no capture, its segments are inferred{because}").format(because=because)


def _programs(options: argparse.Namespace) -> int:
    from sockviz.lesson.programs.folder import Language
    from sockviz.near_misses import for_choice
    from sockviz.output_file import NotWritten
    from sockviz.player.export import NoPrograms, NotEmpty, export_programs

    word, directory = options.code[0], Path(options.code[1])
    known = [language.value for language in Language]
    if word not in known:
        raise Usage(
            _("--code {word}: expected {known}, and then the directory to write").format(
                word=word, known=_(" or ").join(known)
            )
            + for_choice(word, known)
        )
    lesson = read(find(options.source, current()))
    try:
        exported = export_programs(lesson, Language(word), directory, plain=options.plain)
    except NoPrograms as none:
        door.complain(_("{reason}: there is no program to write").format(reason=none))
        return FAILED
    except NotEmpty:
        raise Usage(
            f"--code {word} {quoted(str(directory))}: {_('this directory is not empty; name another, or empty it')}"
        ) from None
    except NotWritten as error:
        raise Usage(f"--code {word} {quoted(str(directory))}: {error.strerror}") from None
    door.out().say(exported.summary)
    return OK
