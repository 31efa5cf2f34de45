"""The hosts of labs, of which some have two with a link between them. It imports nothing: the processes of a lab read it, too."""

#: The only host of a lab that has one.
LOOPBACK = "loopback"
CLIENT, SERVER = "client", "server"
#: In the order in which the wire and its reports number them.
HOSTS = (CLIENT, SERVER)
ADDRESSES = {CLIENT: "10.0.0.1", SERVER: "10.0.0.2"}

#: Who speaks among processes and is none: what no socket sent is the kernel's; lines for the wire are the link's.
KERNEL, LINK = "kernel", "link"
