"""The ways through the house that CONTRIBUTING.md walks: each file is passed where it says so, as far as the lab."""

from __future__ import annotations

import pytest

from sockviz.kernel import packets
from sockviz.model.events import PacketCaptured
from sockviz.model.timeline import Timeline
from tests.player.lessons import CONNECTED, LISTENING, lesson_text, perform, run
from tests.ways import BESIDE, IN_THE_PROCESS, ON_SCREEN, ON_TWO_HOSTS, ROOT, entered, files_of, ways


def test_the_files_of_each_way_are_there() -> None:
    line, packet, key = map(files_of, ways())
    assert f"over {len(line - BESIDE)} files" in ways()[0]
    assert packet - line
    assert key
    assert [name for name in line | packet | key if not (ROOT / "sockviz" / name).is_file()] == []


def test_a_line_and_the_packets_that_it_sends_pass_them_and_each_packet_is_parsed_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parsed: list[tuple[object, bytes]] = []
    parse = packets.parse_frame

    def counted(frame: bytes, **given: object) -> object:
        parsed.append((given["at"], frame))
        return parse(frame, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(packets, "parse_frame", counted)

    async def work() -> Timeline:
        performance = await perform(lesson_text(LISTENING, CONNECTED))
        await performance.close()
        return performance.timeline

    with entered() as files:
        timeline = run(work())
    line, packet, _ = map(files_of, ways())
    passed = (
        {name for name in line | packet if not name.startswith(ON_SCREEN)} - IN_THE_PROCESS - ON_TWO_HOSTS
    )
    assert sorted(passed - files) == []
    captured = [event.packet.at for event in timeline.events if isinstance(event, PacketCaptured)]
    assert len(captured) >= 3
    assert set(captured) <= {at for at, _frame in parsed}
    assert len(parsed) == len(set(parsed))
