"""By asyncio's streams, whose transport reads when the loop says that there is something."""

import asyncio


async def main():
    reader, writer = await asyncio.open_connection("127.0.0.1", 8080)
    message = await reader.readexactly(65536)
    writer.write(message)
    await writer.drain()
    writer.close()
    await writer.wait_closed()


asyncio.run(main())
