"""sockviz: learn the Berkeley sockets API by performing it."""

__version__ = "0.1.0"
