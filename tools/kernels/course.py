"""What is performed on each kernel, and what became of it."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sockviz.probes.probe import WALLS
from tools.kernels.machine import Step
from tools.kernels.trouble import Trouble

_SOCKVIZ = ("/opt/sockviz/bin/python3", "-m", "sockviz")
#: Where the README's lesson is in the guest.
README_LESSON = "readme.md"
#: The labs, by the word after --lab; two hosts are in namespaces of their own as the isolated one is.
LABS = ("isolated", "host")
_EXAMPLE = re.compile(r"^````markdown\n(?P<lesson>.*?)^````$", re.MULTILINE | re.DOTALL)


def steps() -> list[Step]:
    """The whole course in every lab with its exercises, the README's lesson, and what `doctor` says.

    By the guest's clock the course takes two minutes in either lab, and the others less than ten seconds.
    """
    return [
        Step("doctor", (*_SOCKVIZ, "doctor", "--json"), 120),
        Step("readme", (*_SOCKVIZ, "check", "--json", f"/run/guest/{README_LESSON}"), 120),
        *(Step(lab, (*_SOCKVIZ, "check", "--json", "--lab", lab), 3000) for lab in LABS),
    ]


def example(readme: str) -> str:
    """The lesson that the README shows. Raises `Trouble`."""
    found = _EXAMPLE.search(readme)
    if not found:
        raise Trouble("README.md shows no lesson: a fence of four backticks, markdown")
    return found["lesson"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one kernel made of it. A report is what `check --json` printed; None where it printed none."""

    release: str
    version: str
    reports: dict[str, dict[str, Any] | None]
    doctor: dict[str, Any] | None
    #: What went wrong with the steps themselves.
    trouble: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether everything was performed and held."""
        return not self.trouble and all(report and report["ok"] for report in self.reports.values())


def read(tar: Path, release: str, version: str) -> Outcome:
    """What the guest left on its results' disk. Raises `Trouble` where that is nothing."""
    files: dict[str, str] = {}
    try:
        with tarfile.open(tar, "r:") as archive:
            for member in archive:
                file = archive.extractfile(member)
                if file is not None:
                    files[Path(member.name).name] = file.read().decode(errors="replace")
        done = json.loads(files["done.json"])
    except (tarfile.TarError, KeyError, ValueError):
        raise Trouble("it left no results; what its kernel said may tell why") from None
    trouble = [] if done["release"] == release else [f"Linux {done['release']} ran"]
    ran = {step["name"]: step for step in done["steps"]}
    printed: dict[str, dict[str, Any] | None] = {}
    for name in ("doctor", "readme", *LABS):
        printed[name] = as_object(files.get(f"{name}.out", ""))
        if name not in ran:
            trouble.append(f"{name}: the machine ended before it")
        elif ran[name]["code"] is None:
            trouble.append(f"{name}: did not end within {ran[name]['seconds']:.0f} s")
        elif printed[name] is None:
            said = (files.get(f"{name}.err", "").strip() or "nothing").splitlines()[-1]
            trouble.append(f"{name}: ended with {ran[name]['code']} and said: {said}")
    return Outcome(
        release,
        version,
        {name: printed[name] for name in ("readme", *LABS)},
        printed["doctor"],
        tuple(trouble),
    )


def as_object(text: str) -> dict[str, Any] | None:
    """The JSON object in `text`, if that is one."""
    try:
        read = json.loads(text)
    except ValueError:
        return None
    return read if isinstance(read, dict) else None


def table(outcomes: Iterable[Outcome]) -> str:
    """A Markdown table: a row a kernel, a column a lab."""
    head = ["Linux", "isolated, two hosts", "host loopback", "exercises", "the lesson below", "second wall"]
    rows = [
        [
            outcome.release,
            *(held(outcome.reports[lab]) for lab in LABS),
            held(outcome.reports["isolated"], exercises=True),
            held(outcome.reports["readme"]),
            walls(outcome.doctor),
        ]
        for outcome in outcomes
    ]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows))


def walls(doctor: dict[str, Any] | None) -> str:
    """What the kernel itself keeps a lesson from, as `doctor` found it: seccomp, and Landlock in which version."""
    held = []
    for probe in doctor["probes"] if doctor else ():
        if probe["area"] == WALLS and probe["ok"]:
            version = re.match(r"version (\d+)", probe["found"])
            held.append(f"{probe['name']} {version[1]}" if version else probe["name"])
    return ", ".join(held) or "none"


def held(report: dict[str, Any] | None, *, exercises: bool = False) -> str:
    """How many of a report's lessons hold, or of its `exercises`, of those that can be performed there, and which do not.
    Translations are no others."""
    if report is None:
        return "not performed"
    performed: dict[str, bool] = {}
    for lesson in report["lessons"]:
        path = Path(lesson["path"])
        if lesson["skipped"] is None and _is_exercise(path) is exercises:
            slug = path.parent.name if exercises else path.name.partition(".")[0]
            performed[slug] = lesson["ok"] and performed.get(slug, True)
    failed = [slug for slug, ok in performed.items() if not ok]
    return f"{len(performed) - len(failed)} of {len(performed)}" + (
        f", not {', '.join(failed)}" if failed else ""
    )


def problems(outcome: Outcome) -> list[str]:
    """Every problem as a line, and every reason for which lessons were skipped, with which they are."""
    lines = [f"{outcome.release}: {trouble}" for trouble in outcome.trouble]
    for name, report in outcome.reports.items():
        where, skipped = f"{outcome.release}, {name}", dict[str, list[str]]()
        for lesson in report["lessons"] if report else ():
            file = _file(lesson["path"])
            lines += [
                f"{where}: {file}:{each['line']}:{each['column']}: {each['message']}"
                for each in lesson["problems"]
            ]
            if lesson["skipped"]:
                skipped.setdefault(lesson["skipped"], []).append(file)
        lines += [f"{where}: skipped: {why}: {', '.join(files)}" for why, files in skipped.items()]
    return lines


def _file(path: str) -> str:
    """What a lesson's file is called; every exercise's has the same name, in a directory of its own."""
    given = Path(path)
    return f"{given.parent.name}/{given.name}" if _is_exercise(given) else given.name


def _is_exercise(path: Path) -> bool:
    return path.name.startswith("exercise.")


def as_json(outcome: Outcome, extra: dict[str, str]) -> str:
    """All that is known of one kernel."""
    known = {
        "release": outcome.release, "version": outcome.version, "ok": outcome.ok, **extra,
        "trouble": list(outcome.trouble), "doctor": outcome.doctor, "reports": outcome.reports,
    }  # fmt: skip
    return json.dumps(known, indent=2, ensure_ascii=False)
