# fails at: the first question comes; the server takes it for lost
# told: nothing more is expected there
# Asks in lines.

import socket

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("127.0.0.1", 8080))
s.settimeout(0.4)
for n in (1, 2, 3):
    for _ in range(3):
        s.send(b"%d?\n" % n)
        try:
            print(s.recv(100).decode())
            break
        except TimeoutError:
            pass
    else:
        print("no answer")
        raise SystemExit(1)
