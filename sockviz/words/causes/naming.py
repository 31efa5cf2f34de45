"""Why bind and listen fail: who has the name, and what helps."""

from __future__ import annotations

from sockviz.language import _, ngettext
from sockviz.model.segments import endpoint, wire_end
from sockviz.model.sockets import SocketRow, State
from sockviz.model.values import Address
from sockviz.words import acts, whose
from sockviz.words.causes.connecting import v6_only
from sockviz.words.causes.covering import covers, listeners_at, plain_end, unlisted_at
from sockviz.words.causes.paths import binder
from sockviz.words.causes.ports import is_without_port, no_free_port
from sockviz.words.causes.scopes import needs_scope, scope_missing
from sockviz.words.row_names import both_text
from sockviz.words.situation import Cause, Situation
from sockviz.words.wording import address_text, seconds_text


def binding(s: Situation) -> Cause:
    """Of bind."""
    match s.error:
        case "EADDRINUSE" if s.is_unix:
            return _path_taken(s)
        case "EADDRINUSE":
            return _taken(s)
        case "EACCES" if s.is_unix:
            return Cause(
                _("{target}: this process may not make a file in that directory").format(target=s.target)
            )
        case "EACCES" if s.end is not None and s.end[1] < 1024:
            return Cause(
                _("{target}: this process may not bind a port below the unprivileged range").format(
                    target=s.target
                )
            )
        case "EADDRNOTAVAIL":
            return Cause(_("no interface of this host has the address of {target}").format(target=s.target))
        case "EINVAL" if needs_scope(s) and not s.local:
            return Cause(*scope_missing(s))
        case "EINVAL" if (
            not s.local and s.end is not None and wire_end(s.end) != s.end and s.is_on("IPV6_V6ONLY")
        ):
            return v6_only(s)  # net/ipv6/af_inet6.c, __inet6_bind: the same of a name of its own
        case "EINVAL" if not s.local and s.is_tcp and s.end is not None and s.end[0].lower().startswith("ff"):
            # net/ipv6/af_inet6.c, __inet6_bind: IPV6_ADDR_MULTICAST and SOCK_STREAM
            return Cause(
                _("{target} is the address of a group, and a stream of IPv6 is bound to none").format(
                    target=s.target
                ),
                _("groups are of datagrams"),
            )
        case "EINVAL":
            return _named_already(s)
        case "ENOENT" if s.is_unix:
            return Cause(_("there is no directory for {target}").format(target=s.target))
    return Cause()


def _named_already(s: Situation) -> Cause:
    """net/ipv4/af_inet.c, __inet_bind: a socket that has a port, by whatever call, is not bound again."""
    local = s.local or _told(s)
    has = f" ({address_text(local)})" if local else ""
    connected = s.connects()
    if connected is not None and connected.error in (None, "EINPROGRESS") and not is_bound(s):
        return Cause(
            _("{name} has a name already{has}: connect has given it one").format(name=s.name, has=has),
            _("call bind before connect: already the SYN says where it comes from")
            if s.is_tcp
            else _("call bind before connect"),
        )
    # net/ipv4/inet_connection_sock.c, inet_csk_listen_start: whoever listens without a name is given a port, and not told which.
    if not is_bound(s) and any(acts.on(s.world, s.inode, "listen")):
        return Cause(
            _("{name} has a name already: listen has given it one, at any port").format(name=s.name),
            _("call bind before listen"),
        )
    if not local and not is_bound(s):
        return Cause()
    return Cause(_("{name} has a name already{has}: a socket is bound once").format(name=s.name, has=has))


def _told(s: Situation) -> Address | None:
    """The name that its process was told of, where no look has shown the socket: that it has one its error says."""
    name = s.world.names.get(s.inode)
    return name.address if name is not None and not name.is_none and not name.port_is_unknown else None


def is_bound(s: Situation) -> bool:
    """Whether a call of bind has given it its name."""
    return any(acts.on(s.world, s.inode, "bind"))


# --- a path -------------------------------------------------------------------------------------------------------------


def _path_taken(s: Situation) -> Cause:
    bound = binder(s.world, s.address, s.type if s.target.startswith("@") else "")
    has = bound is not None and bool(whose.holders(s.world, bound))
    said = whose.of_socket(s.world, bound) if bound is not None else ""
    if s.target.startswith("@"):
        return Cause(
            _("{who} has the name {target}").format(who=said, target=s.target)
            if has
            else _("another socket has the name {target}").format(target=s.target)
        )
    if has:
        return Cause(
            _("the file {target} is there, and {who} is bound to it").format(target=s.target, who=said),
            _("end that one first, or take another path: no option shares one"),
        )
    remedy = _("remove the file first (unlink): SO_REUSEADDR does nothing for a path")
    if bound is not None:
        return Cause(
            _(
                "the file {target} is there: {who}, which made it, is closed, and a file is not removed by that"
            ).format(target=s.target, who=said),
            remedy,
        )
    return Cause(
        _("the file {target} is there already (ss -xl says whether anybody listens behind it)").format(
            target=s.target
        ),
        remedy,
    )


# --- an address and port ------------------------------------------------------------------------------------------------


def _taken(s: Situation) -> Cause:
    end = s.end
    if end is not None and end[1] == 0:
        return no_free_port(s)
    protocol = "UDP" if s.is_datagram else "TCP"
    rows = [
        row
        for row in s.world.rows.values()
        if row.protocol == protocol
        and (not row.inode or row.inode != s.inode)
        and (not s.host or s.world.host_of(row) == s.host)
        and covers(row.local, end)
        and not _keeps_apart(row, s)
    ]
    told = _("{target} is taken").format(target=s.target)
    if protocol == "UDP":
        if not rows:
            return Cause(told)
        return Cause(
            _("{told}: {who} has it").format(told=told, who=_with_descriptor(rows[0], s)),
            _one_sided(rows[0], s)
            or _("close that one, take another port, or set SO_REUSEADDR on both before bind"),
        )
    if listening := [row for row in rows if row.is_listening]:
        return _listened(listening, told, s)
    waiting = [row for row in rows if row.state is State.TIME_WAIT]
    others = [row for row in rows if row.state is not State.TIME_WAIT]
    if others:
        row = others[0]
        state = _("bound, not listening") if row.bound_only else both_text(row) + f", {row.state}"
        return Cause(
            _("{told}: {who} has it ({state})").format(told=told, who=_with_descriptor(row, s), state=state),
            _reuse(row, s),
        )
    if waiting:
        return _kept(waiting, told, s)
    for inode in unlisted_at(s.world, end, s.host):
        if inode != s.inode and (said := whose.of_socket(s.world, inode)):
            return Cause(_("{told}: {who} has it (bound, not listening)").format(told=told, who=said))
    return Cause(told)


def _one_sided(row: SocketRow, s: Situation) -> str:
    """What helps where one of two UDP sockets has asked to share, and the other has not (net/ipv4/udp.c,
    inet_rcv_saddr_equal, and udp_lib_lport_inuse)."""
    for option in ("SO_REUSEPORT", "SO_REUSEADDR"):
        mine, theirs = s.is_on(option), acts.is_on(s.world, row.inode, option)
        if mine != theirs:
            who = whose.of_row(row, s.world)
            told = _("{option} is set on {name} and not on {other}: set it on both, before bind")
            names = (s.name, who) if mine else (who, s.name)
            return told.format(option=option, name=names[0], other=names[1])
    return ""


def _keeps_apart(row: SocketRow, s: Situation) -> bool:
    """Whether one is of IPv6 only and the other of IPv4: neither is in the other's way (net/ipv6/inet6_hashtables.c)."""
    is_six = row.family == "AF_INET6"
    if is_six == (s.family == "AF_INET6"):
        return False
    return acts.is_on(s.world, row.inode, "IPV6_V6ONLY") if is_six else s.is_on("IPV6_V6ONLY")


def _kept(waiting: list[SocketRow], told: str, s: Situation) -> Cause:
    """Old connections keep the port, for as long as the last of them is there."""
    last = max(waiting, key=lambda row: row.expires or 0)
    left = (
        _(" for another {time}").format(time=seconds_text(last.expires - s.world.at))
        if last.expires is not None
        else ""
    )
    count = len(waiting)
    still = ngettext(
        "{told}: an old connection of it is still in TIME-WAIT{left}",
        "{told}: {count} old connections of it are still in TIME-WAIT, the last{left}",
        count,
    )
    return Cause(still.format(told=told, count=count, left=left), _reuse(last, s))


def _with_descriptor(row: SocketRow, s: Situation) -> str:
    said = whose.of_row(row, s.world)
    held = whose.holders(s.world, row.inode)
    address = "" if plain_end(row.local) == plain_end(s.end) else address_text(row.local)
    if not held or not s.world.name_of(s.world.owner_of(row.inode) or "", row.inode):
        # Where no variable has it, that is what it is called by.
        return _("{who} (on {address})").format(who=said, address=address) if address else said
    if address:
        return _("{who} (descriptor {fd}, on {address})").format(who=said, fd=held[0][1].fd, address=address)
    return _("{who} (descriptor {fd})").format(who=said, fd=held[0][1].fd)


def _listened(rows: list[SocketRow], told: str, s: Situation) -> Cause:
    row = rows[0]
    held = whose.holders(s.world, row.inode)
    known = s.world.sockets.get(row.inode)
    maker = known.creator if known is not None else None
    for process, entry in held:
        # A copy that a fork made: whoever made the socket may have closed it long ago.
        if maker is not None and process.name != maker and not any(p.name == maker for p, _e in held):
            return Cause(
                _(
                    "{told}: {process} still listens there, by the copy of {maker}'s listener that fork gave it "
                    "(descriptor {fd})"
                ).format(told=told, process=process.name, maker=maker, fd=entry.fd),
                _(
                    "close it in {process} too; what runs another program should not inherit it (SOCK_CLOEXEC). "
                    "SO_REUSEADDR does not help against a listener"
                ).format(process=process.name),
            )
    if len(rows) > 1:
        who = ", ".join(_with_descriptor(each, s) for each in rows)
        return Cause(
            _("{told}: {count} sockets listen there: {who}").format(told=told, count=len(rows), who=who),
            _("close them all first: SO_REUSEADDR does not help against one (SO_REUSEPORT on all does)"),
        )
    helps = _("close that listener first: SO_REUSEADDR does not help against one (SO_REUSEPORT on both does)")
    if held and not any(process.name == s.call.process for process, _entry in held):
        helps = _(
            "bind is for the own end: to reach that listener, connect; to take its place, close it first"
        )
    return Cause(_("{told}: {who} listens there").format(told=told, who=_with_descriptor(row, s)), helps)


def _reuse(row: SocketRow, s: Situation) -> str:
    """Whether SO_REUSEADDR would let the bind through: net/ipv4/inet_connection_sock.c, inet_csk_bind_conflict, asks that both
    sockets have it. What a TIME-WAIT row has of it is its connection's."""
    left = s.world.sockets.get(row.inode) if row.inode else s.world.left_by(row)
    if left is None:
        return _("SO_REUSEADDR lets it through if both sockets set it before bind")
    if not acts.is_on(s.world, left.inode, "SO_REUSEADDR"):
        if whose.holders(s.world, left.inode):
            return _("close that one first, take another port, or set SO_REUSEADDR on both before bind")
        return _(
            "set SO_REUSEADDR before bind, in every run: it lets it through where the old socket had it, too. "
            "This one had not: wait until it is gone, or take another port"
        )
    if not s.is_on("SO_REUSEADDR"):
        return _("set SO_REUSEADDR on {name} before bind: the old socket had it, and both need it").format(
            name=s.name
        )
    return ""


# --- listen --------------------------------------------------------------------------------------------------


def listening(s: Situation) -> Cause:
    """Of listen."""
    match s.error:
        case "EADDRINUSE" if is_without_port(s):
            return no_free_port(s)
        case "EADDRINUSE":
            here = endpoint(s.local)
            for row in listeners_at(s.world, here, s.host):
                if row.inode != s.inode:
                    return Cause(
                        _(
                            "{who} already listens on the address of {name}: SO_REUSEADDR lets both bind, not listen"
                        ).format(who=whose.of_row(row, s.world), name=s.name),
                        _("SO_REUSEPORT on both, before bind, lets both listen"),
                    )
            return _kept_by_a_connection(s)
        case "EINVAL" if s.is_unix and (s.row is None or not s.row.local):
            return Cause(
                _("{name} has no name: nobody could ask for it").format(name=s.name),
                _("bind it before listen"),
            )
        case "EINVAL" if s.row is not None and not s.row.bound_only:
            return Cause(
                _("{name} is {state}: only a fresh or bound socket can become passive").format(
                    name=s.name, state=s.row.state
                )
            )
        case "EOPNOTSUPP":
            return Cause(
                _("{name} is {kind}, so there is nobody to let in").format(name=s.name, kind=kind(s)),
                _("make it a socket of SOCK_STREAM") if s.is_datagram else "",
            )
    return Cause()


def _kept_by_a_connection(s: Situation) -> Cause:
    """net/ipv4/inet_connection_sock.c, inet_csk_listen_start: to listen again is to ask for the port again, which the connections
    that were accepted have, too."""
    here = endpoint(s.local)
    for row in s.world.rows.values():
        if (
            row.protocol == "TCP"
            and row.inode != s.inode
            and (not s.host or s.world.host_of(row) == s.host)
            and covers(row.local, here)
            and not _keeps_apart(row, s)
        ):
            state = _("bound, not listening") if row.bound_only else both_text(row) + f", {row.state}"
            told = _("{target} is taken").format(target=address_text(s.local))
            return Cause(
                _("{told}: {who} has it ({state})").format(
                    told=told, who=whose.of_row(row, s.world), state=state
                ),
                _reuse(row, s),
            )
    return Cause()


def kind(s: Situation) -> str:
    """What it is that has no connections."""
    return (
        _("a datagram socket: each datagram comes by itself")
        if s.is_datagram
        else _("a socket without connections")
    )
