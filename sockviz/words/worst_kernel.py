"""The worst legal kernel: what is done to a student's program that no kernel is forbidden, at the most awkward time."""

from __future__ import annotations

from sockviz.language import _


def rule_text(rule: str) -> str:
    """What a rule (`sockviz.lesson.card.KERNELS`) does, and who says that a kernel may."""
    match rule:
        case "short":
            return _(
                "each read and write on a stream moves fewer bytes than it was asked to, 1, then 3 and so on: POSIX lets recv "
                "return what is there, and send take what there is room for"
            )
        case "interrupts":
            return _(
                "each call that sleeps is stopped and continued once, as by Ctrl-Z and fg: signal(7) lists the calls that come "
                "back with EINTR then"
            )
        case "slow-peer":
            return _(
                "whoever reads late has its sender wait soon: sockets have the smallest buffers that there are, "
                "as an administrator may choose (tcp_rmem and tcp_wmem, tcp(7))"
            )
        case "lossy":
            return _(
                "the link loses each packet the first time that it is sent: IP promises nothing else (RFC 791)"
            )
    return rule
