"""The library's server, a thread for each client."""

import socketserver


class Echo(socketserver.StreamRequestHandler):
    wbufsize = 1 << 12

    def handle(self):
        while data := self.rfile.read1(4096):
            self.wfile.write(data)
            self.wfile.flush()


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True


with Server(("127.0.0.1", 8080), Echo) as server:
    server.serve_forever()
