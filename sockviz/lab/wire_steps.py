"""The steps in which the wire's process sets two hosts up, in their order, by the names under which it refuses them."""

#: As `sockviz.lab.confinement.enter_network` says it.
ENTERING = "setns(CLONE_NEWNET)"
LINKING = "a veth pair for each host"
QUIETING = "switching IPv6 off on the link"
ADDRESSING = "addresses and neighbours"
OFFLOADING = "switching offloads off"
LISTENING = "the wire's packet sockets"
