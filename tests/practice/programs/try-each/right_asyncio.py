"""asyncio tries each, too; all that went wrong comes as one error."""

import asyncio
import sys


async def main():
    try:
        reader, writer = await asyncio.open_connection(None, 8080)
    except OSError:
        return 1
    writer.write(b"hello")
    await writer.drain()
    await reader.read()
    writer.close()
    await writer.wait_closed()
    return 0


sys.exit(asyncio.run(main()))
