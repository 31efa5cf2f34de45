"""By asyncio's streams."""

import asyncio
import socket
import struct


async def main():
    reader, writer = await asyncio.open_connection("127.0.0.1", 8080)
    (address, port) = struct.unpack(">4sH", await reader.readexactly(6))
    writer.close()
    _, onward = await asyncio.open_connection(socket.inet_ntop(socket.AF_INET, address), port)
    onward.write(b"hello")
    onward.write_eof()
    onward.close()
    await onward.wait_closed()


asyncio.run(main())
