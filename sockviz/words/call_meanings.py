"""What each call does, in a phrase that can stand beside its name: of a row of the table of calls by its key, of a page of the
manual that is about several by its name, of the link by its verb. And what else a line may name."""

from __future__ import annotations

from collections.abc import Mapping

from sockviz.language import N_, _

#: By key. A page of the manual that is about one call has the same summary.
CALLS: Mapping[str, str] = {
    "socket.socket": N_("makes an endpoint and gives its descriptor"),
    "socket.socketpair": N_("makes two sockets that are each other's peer"),
    "socket.socket.bind": N_("gives a socket its own name: address and port"),
    "socket.socket.listen": N_("makes a socket passive: from now on it is called"),
    "socket.socket.accept": N_("takes the oldest finished connection from the queue"),
    "socket.socket.connect": N_("calls a peer, or fixes a datagram socket's peer"),
    "socket.socket.connect_ex": N_("as connect, but returns the errno"),
    "socket.socket.send": N_("copies bytes into the kernel, to be sent to the peer"),
    "socket.socket.sendall": N_("sends until all bytes are in the kernel"),
    "socket.socket.sendto": N_("sends one datagram to an address"),
    "socket.socket.sendmsg": N_("sends bytes of several buffers, and descriptors"),
    "socket.socket.recv": N_("takes what has arrived out of the receive queue"),
    "socket.socket.recv_into": N_("as recv, into room that is there: bytearray(size)"),
    "socket.socket.recvfrom": N_("receives, and tells who sent it"),
    "socket.socket.recvmsg": N_("receives with flags, sender and ancillary data"),
    "socket.socket.shutdown": N_("ends one direction of a connection, or both"),
    "socket.socket.close": N_("lets go of a descriptor; the last one ends it all"),
    "socket.socket.dup": N_("makes another descriptor for the same open file"),
    "socket.socket.getsockname": N_("tells a socket's own address"),
    "socket.socket.getpeername": N_("tells the address of the other end"),
    "socket.socket.getsockopt": N_("reads one of a socket's options"),
    "socket.socket.setsockopt": N_("changes one of a socket's options"),
    "socket.socket.setblocking": N_("says whether calls on this socket may sleep"),
    "socket.socket.settimeout": N_("limits how long each call may sleep"),
    "socket.socket.fileno": N_("tells the descriptor behind a Python object"),
    "os.fork": N_("makes a copy of the process"),
    "os.getpid": N_("tells this process's own number"),
    "os.close": N_("lets go of a descriptor; the last one ends it all"),
    "os.read": N_("reads bytes from a descriptor, as from a socket"),
    "os.write": N_("writes bytes to a descriptor, as to a socket"),
    "os.pipe": N_("makes a one-way channel: a reading and a writing end"),
    "os.dup": N_("makes another descriptor for the same open file"),
    "os.dup2": N_("as dup, but says which number it gets"),
    "os.kill": N_("sends a signal to a process"),
    "os.waitpid": N_("waits for a child to end, and tells how it did"),
    "os._exit": N_("ends this process at once"),
    "os.unlink": N_("removes a file's name, as a UNIX socket's path"),
    "os.lseek": N_("moves a file's position; a socket has none"),
    "select.select": N_("waits until one of several descriptors is ready"),
    "select.poll": N_("makes an empty list of descriptors to wait for"),
    "select.poll.register": N_("adds a descriptor, and what is waited for on it"),
    "select.poll.modify": N_("changes what is waited for on a descriptor"),
    "select.poll.unregister": N_("takes a descriptor off the list"),
    "select.poll.poll": N_("waits for events on any number of descriptors"),
    "select.epoll": N_("makes a list of descriptors that the kernel keeps"),
    "select.epoll.register": N_("adds a descriptor, and what is waited for on it"),
    "select.epoll.modify": N_("changes what is waited for on a descriptor"),
    "select.epoll.unregister": N_("takes a descriptor off the list"),
    "select.epoll.poll": N_("waits until one is ready, and tells which are"),
    "select.epoll.close": N_("lets go of a descriptor; the last one ends it all"),
    "select.epoll.fileno": N_("tells the descriptor behind a Python object"),
    "signal.signal": N_("says what a signal does to this process"),
    "signal.alarm": N_("has SIGALRM sent after some seconds"),
    "fcntl.fcntl": N_("reads and changes a descriptor's flags"),
    "fcntl.ioctl": N_("asks how many bytes wait in a socket's queues"),
    "resource.getrlimit": N_("tells how many descriptors one may have"),
    "resource.setrlimit": N_("changes how many descriptors one may have"),
    "socket.getaddrinfo": N_("turns names into addresses to use with socket()"),
    "socket.getnameinfo": N_("turns an address into names"),
    "socket.htons": N_("puts a 16-bit number, as a port, into network byte order"),
    "socket.htonl": N_("puts a 32-bit number into network byte order"),
    "socket.ntohs": N_("puts a 16-bit number into this machine's byte order"),
    "socket.ntohl": N_("puts a 32-bit number into this machine's byte order"),
    "socket.inet_pton": N_("turns an address from text into bytes"),
    "socket.inet_ntop": N_("turns an address from bytes into text"),
    "socket.inet_aton": N_("turns an IPv4 address from text into bytes"),
    "socket.inet_ntoa": N_("turns an IPv4 address from bytes into text"),
    "struct.pack": N_("lays numbers out as C's structures have them"),
    "struct.unpack": N_("takes the numbers out of a structure's bytes"),
    "struct.calcsize": N_("tells how many bytes a structure has"),
    "builtins.bytes": N_("makes so many zero bytes"),
    "builtins.bytearray": N_("makes room for so many bytes"),
    "bytes.hex": N_("turns bytes into hex digits"),
    "bytes.decode": N_("turns bytes into text"),
    "bytes.fromhex": N_("turns hex digits into bytes"),
    "str.encode": N_("turns text into bytes"),
    "int.from_bytes": N_("turns bytes into a number"),
    "ctypes.CDLL": N_("C's own library, for what Python has no words for"),
    "ctypes.CDLL.connect": N_("C's connect: a datagram socket's peer is taken away"),
}  # fmt: skip
#: Pages of the manual that are about a family of calls, by their names.
FAMILIES: Mapping[str, str] = {
    "bytes": N_("turns text, hex digits and numbers into bytes"),
    "epoll": N_("watches many descriptors, and tells which are ready"),
    "getrlimit": N_("reads or changes how many descriptors one may have"),
    "htons": N_("puts numbers into network byte order, and back"),
    "inet_pton": N_("turns addresses from text into bytes, and back"),
    "poll": N_("waits for events on any number of descriptors"),
}
#: What the link is told, by its verbs.
LINK: Mapping[str, str] = {
    "hold": N_("keeps every packet that comes from now on"),
    "release": N_("lets everything through, and keeps nothing more"),
    "deliver": N_("lets the oldest packet through, or the oldest of that name"),
    "drop": N_("throws a packet away"),
    "duplicate": N_("lets a packet through twice"),
    "delay": N_("lets a packet through so many seconds later"),
}
MODULES: Mapping[str, str] = {
    "ctypes": N_("C's own library"),
    "errno": N_("errors by name"),
    "fcntl": N_("a descriptor's flags, and what waits in its queues"),
    "os": N_("processes, descriptors, pipes and files"),
    "resource": N_("how many descriptors one may have"),
    "select": N_("waiting for many at once: select, poll and epoll"),
    "signal": N_("signals"),
    "socket": N_("sockets, addresses, and their constants"),
    "struct": N_("numbers as C's structures have them"),
}
#: The names that every process has: HOST, and of the others each.
HOST, PORT = N_("the server's address"), N_("a port that is free")
#: What is often written as an argument.
_WRITTEN: Mapping[str, str] = {
    "(HOST, PORT)": N_("the server's address, and a port"),
    "False": N_("calls that would sleep fail with EAGAIN instead"),
    'struct.pack("ii", 1, 0)': N_("struct linger: on, 0 s"),
    'struct.pack("ii", 0, 0)': N_("struct linger: off"),
    'struct.pack("ll", 5, 0)': N_("struct timeval: 5 s"),
}


def written(text: str) -> str:
    """What an argument means that is often written so; nothing where it says that itself."""
    return _(_WRITTEN[text]) if text in _WRITTEN else ""
