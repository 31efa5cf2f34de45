"""Families, types, protocols, levels, and the flags of what is sent and received (linux/socket.h, linux/in.h, bits/socket.h)."""

from __future__ import annotations

from collections.abc import Mapping

FAMILIES: Mapping[str, int] = {
    "AF_UNSPEC": 0, "AF_UNIX": 1, "AF_INET": 2, "AF_AX25": 3, "AF_IPX": 4, "AF_APPLETALK": 5, "AF_NETROM": 6, "AF_BRIDGE": 7,
    "AF_ATMPVC": 8, "AF_X25": 9, "AF_INET6": 10, "AF_ROSE": 11, "AF_DECnet": 12, "AF_NETBEUI": 13, "AF_SECURITY": 14,
    "AF_KEY": 15, "AF_NETLINK": 16, "AF_PACKET": 17, "AF_ASH": 18, "AF_ECONET": 19, "AF_ATMSVC": 20, "AF_RDS": 21, "AF_SNA": 22,
    "AF_IRDA": 23, "AF_PPPOX": 24, "AF_WANPIPE": 25, "AF_LLC": 26, "AF_IB": 27, "AF_MPLS": 28, "AF_CAN": 29, "AF_TIPC": 30,
    "AF_BLUETOOTH": 31, "AF_IUCV": 32, "AF_RXRPC": 33, "AF_ISDN": 34, "AF_PHONET": 35, "AF_IEEE802154": 36, "AF_CAIF": 37,
    "AF_ALG": 38, "AF_NFC": 39, "AF_VSOCK": 40, "AF_KCM": 41, "AF_QIPCRTR": 42, "AF_SMC": 43, "AF_XDP": 44, "AF_MCTP": 45,
    "AF_LOCAL": 1, "AF_ROUTE": 16,
}  # fmt: skip
#: MIPS swaps SOCK_STREAM and SOCK_DGRAM.
TYPES: Mapping[str, int] = {
    "SOCK_STREAM": 1, "SOCK_DGRAM": 2, "SOCK_RAW": 3, "SOCK_RDM": 4, "SOCK_SEQPACKET": 5, "SOCK_DCCP": 6, "SOCK_PACKET": 10,
}  # fmt: skip
#: Added to a type. They are O_NONBLOCK and O_CLOEXEC, which Alpha, MIPS, PA-RISC and SPARC number otherwise.
TYPE_FLAGS: Mapping[str, int] = {"SOCK_NONBLOCK": 0o4000, "SOCK_CLOEXEC": 0o2000000}
#: What follows IP's header. 0 stands for the usual protocol of a family and type.
PROTOCOLS: Mapping[str, int] = {
    "IPPROTO_IP": 0, "IPPROTO_HOPOPTS": 0, "IPPROTO_ICMP": 1, "IPPROTO_IGMP": 2, "IPPROTO_IPIP": 4, "IPPROTO_TCP": 6,
    "IPPROTO_EGP": 8, "IPPROTO_PUP": 12, "IPPROTO_UDP": 17, "IPPROTO_IDP": 22, "IPPROTO_TP": 29, "IPPROTO_DCCP": 33,
    "IPPROTO_IPV6": 41, "IPPROTO_ROUTING": 43, "IPPROTO_FRAGMENT": 44, "IPPROTO_RSVP": 46, "IPPROTO_GRE": 47, "IPPROTO_ESP": 50,
    "IPPROTO_AH": 51, "IPPROTO_ICMPV6": 58, "IPPROTO_NONE": 59, "IPPROTO_DSTOPTS": 60, "IPPROTO_MTP": 92, "IPPROTO_BEETPH": 94,
    "IPPROTO_ENCAP": 98, "IPPROTO_PIM": 103, "IPPROTO_COMP": 108, "IPPROTO_L2TP": 115, "IPPROTO_SCTP": 132, "IPPROTO_MH": 135,
    "IPPROTO_UDPLITE": 136, "IPPROTO_MPLS": 137, "IPPROTO_ETHERNET": 143, "IPPROTO_RAW": 255, "IPPROTO_MPTCP": 262,
}  # fmt: skip
#: Whose options they are. Those of IP's protocols are the protocols' numbers.
LEVELS: Mapping[str, int] = {
    "SOL_IP": 0, "SOL_SOCKET": 1, "SOL_TCP": 6, "SOL_UDP": 17, "SOL_IPV6": 41, "SOL_ICMPV6": 58, "SOL_UDPLITE": 136,
    "SOL_RAW": 255, "SOL_PACKET": 263, "SOL_NETLINK": 270, "SOL_TLS": 282, "SOL_MPTCP": 284,
}  # fmt: skip
SHUTDOWNS: Mapping[str, int] = {"SHUT_RD": 0, "SHUT_WR": 1, "SHUT_RDWR": 2}
#: Of send, recv and the like; recvmsg gives some back.
MESSAGE_FLAGS: Mapping[str, int] = {
    "MSG_OOB": 0x1, "MSG_PEEK": 0x2, "MSG_DONTROUTE": 0x4, "MSG_CTRUNC": 0x8, "MSG_PROBE": 0x10, "MSG_TRUNC": 0x20,
    "MSG_DONTWAIT": 0x40, "MSG_EOR": 0x80, "MSG_WAITALL": 0x100, "MSG_FIN": 0x200, "MSG_SYN": 0x400, "MSG_CONFIRM": 0x800,
    "MSG_RST": 0x1000, "MSG_ERRQUEUE": 0x2000, "MSG_NOSIGNAL": 0x4000, "MSG_MORE": 0x8000, "MSG_WAITFORONE": 0x10000,
    "MSG_BATCH": 0x40000, "MSG_ZEROCOPY": 0x4000000, "MSG_FASTOPEN": 0x20000000, "MSG_CMSG_CLOEXEC": 0x40000000,
}  # fmt: skip
#: What comes beside data, at SOL_SOCKET. Of the other levels its types are numbers of options.
BESIDE: Mapping[str, int] = {
    "SCM_RIGHTS": 1, "SCM_CREDENTIALS": 2, "SCM_SECURITY": 3, "SCM_PIDFD": 4, "SCM_TIMESTAMP": 29, "SCM_TIMESTAMPNS": 35,
    "SCM_TIMESTAMPING": 37, "SO_RXQ_OVFL": 40,
}  # fmt: skip
OTHERS: Mapping[str, int] = {
    "SOMAXCONN": 4096, "INADDR_ANY": 0, "INADDR_BROADCAST": 0xFFFFFFFF, "INADDR_NONE": 0xFFFFFFFF, "INADDR_LOOPBACK": 0x7F000001,
    "INADDR_UNSPEC_GROUP": 0xE0000000, "INADDR_ALLHOSTS_GROUP": 0xE0000001, "INADDR_MAX_LOCAL_GROUP": 0xE00000FF,
    "IPPORT_RESERVED": 1024, "IPPORT_USERRESERVED": 5000, "IP_DEFAULT_MULTICAST_TTL": 1, "IP_DEFAULT_MULTICAST_LOOP": 1,
    "IP_MAX_MEMBERSHIPS": 20, "NETLINK_ROUTE": 0,
}  # fmt: skip
