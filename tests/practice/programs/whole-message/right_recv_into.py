"""recvmsg into three places at once, of memory that is no bytes object."""

import mmap
import socket

with socket.create_connection(("127.0.0.1", 8080)) as s:
    room = mmap.mmap(-1, 65536)
    with memoryview(room) as view:
        done = 0
        while done < len(view):
            left = view[done:]
            count, _, _, _ = s.recvmsg_into([left[:7], left[7:5000], left[5000:]])
            if not count:
                raise SystemExit(1)
            done += count
        left.release()
    s.sendall(room)
