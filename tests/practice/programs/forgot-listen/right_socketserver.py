"""The library listens; one request is handled, and the library ends it."""

import socketserver


class Hello(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(b"hello")


socketserver.TCPServer.allow_reuse_address = True
with socketserver.TCPServer(("127.0.0.1", 8080), Hello) as server:
    server.handle_request()
