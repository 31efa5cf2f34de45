"""Why a line was refused, as a lab's process says it (`sockviz.lab.bounds.Refused`): in its own words, which are English in every
run. The forms of all of them, to be told in the reader's language (`sockviz.words.kept_sentences`)."""

from __future__ import annotations

from sockviz.language import N_

#: What the event of a line that was refused has for an error.
REFUSED = "Refused"
FORMS = (
    N_("no operator {operator}"),
    N_("no value of kind {kind}"),
    N_("a value of more than {most} bytes, shared parts counted each time"),
    N_("a number of more than {most} bits"),
    N_("values nested more than {most} deep"),
    N_("{name}: a lesson's encodings are utf-8, utf-16, utf-32, ascii and latin-1, and idna for short names"),
    N_("% is for numbers"),
    N_("of C's libraries a lesson has the one that its process has already: ctypes.CDLL(None)"),
    N_(
        "C's connect is for no address at all: a descriptor, bytes(16) and 16 (AF_UNSPEC); s.connect is for others"
    ),
    N_("descriptor {fd} is held by no name of the lesson's: nothing could tie it to lo again"),
    N_(
        "this socket is bound to every address, and would be open to the network for a moment: bind it to HOST"
    ),
    N_("no such form: {form}"),
    N_("{name} is not a constant"),
    N_("{name} may not be called"),
    N_("no room for another process: a lesson has at most 64, and each needs a descriptor"),
    N_("no attribute {name}"),
    N_("{name} is a function, not a value"),
    N_("no module {name}"),
    N_("descriptor {fd} is sockviz's own"),
    N_("{call} of more than {most} bytes"),
    N_("{call} with MSG_TRUNC would give bytes that were never received"),
    N_("a socket is made anew, not from a descriptor"),
    N_("kill reaches only the lesson's own processes"),
    N_("a lesson's process has {most} descriptors at most"),
    N_("{host}: a lesson names hosts by numbers and as localhost; it asks no name service"),
    N_("port {port}: on this machine's own loopback a lesson binds to its own ports only, PORT to PORT5"),
    N_("port {port}: on this machine's own loopback a lesson reaches its own ports only, PORT to PORT5"),
    N_("{name}: a lesson's files are plain names, in a directory of its own"),
    N_("{host}: in this lab a lesson reaches 127.0.0.1 and ::1 only"),
    N_("{host}: to find its name would ask a name service; NI_NUMERICHOST asks nobody"),
    N_("family {family}: a lesson's sockets are of AF_INET, AF_INET6 and AF_UNIX"),
    N_("type {type}: a lesson's sockets are of types 1 to 5"),
    N_("protocol {protocol}: a lesson's sockets speak IP's own protocols, TCP and UDP"),
    N_("{option} ({number} of level {level}) is not an option that a lesson may name in this lab"),
    N_("{option} ({number} of level {level}) is not an option that a lesson may name"),
    N_("{number} of level {level} is not an option that a lesson may name in this lab"),
    N_("{number} of level {level} is not an option that a lesson may name"),
    N_("a buffer of {size} bytes: a lesson's have {most} at most"),
    N_("what goes beside data is a list of (level, type, data)"),
    N_("({level}, {kind}) is not something that a lesson may send beside data"),
    N_(
        "the kernel might give a socket that shares its port (SO_REUSEADDR, SO_REUSEPORT) another program's: "
        "bind it to one of PORT to PORT5"
    ),
    N_("the socket was bound to every address, and open to the network for a moment: it is closed"),
    N_("this machine does not let a socket be tied to lo ({error}): it would be open to the network"),
)
