"""By asyncio, which binds to `local_addr` before it connects, without blocking."""

import asyncio


async def main():
    _reader, writer = await asyncio.open_connection("127.0.0.1", 8080, local_addr=("127.0.0.2", 5000))
    writer.write(b"hello")
    await writer.drain()
    writer.close()
    await writer.wait_closed()


asyncio.run(main())
