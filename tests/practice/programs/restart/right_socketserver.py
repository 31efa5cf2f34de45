"""A class of the standard library, told that the port may be had again."""

import socketserver


class Hello(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.sendall(b"hello")


class Server(socketserver.TCPServer):
    allow_reuse_address = True


with Server(("127.0.0.1", 8080), Hello) as server:
    server.handle_request()
