"""The hosts of labs, of which some have two with a link between them. It imports nothing: the processes of a lab read it, too."""

#: The only host of a lab that has one.
LOOPBACK = "loopback"
CLIENT, SERVER = "client", "server"
#: In the order in which the wire and its reports number them.
HOSTS = (CLIENT, SERVER)
ADDRESSES = {CLIENT: "10.0.0.1", SERVER: "10.0.0.2"}
#: Their network is 10.0.0.0/24.
BROADCAST = "10.0.0.255"
#: What is sent to one of these is for all of a network: of this link, of the loopback's, of that of two hosts.
BROADCASTS = ("255.255.255.255", "127.255.255.255", BROADCAST)
#: Those of IPv6, which two hosts have where that is asked for (RFC 4193: addresses of nobody's network but their own).
ADDRESSES6 = {CLIENT: "fd00::1", SERVER: "fd00::2"}


def by_name(process: str) -> str:
    """On which of two hosts a process runs, where nobody says otherwise."""
    return SERVER if process.startswith(SERVER) else CLIENT


#: Who speaks among processes and is none: what no socket sent is the kernel's; lines for the wire are the link's.
KERNEL, LINK = "kernel", "link"
