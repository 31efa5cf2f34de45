"""An event loop, a coroutine for each client."""

import asyncio
import contextlib


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(1000):
            writer.write(data)
            await writer.drain()
        writer.close()
        await writer.wait_closed()


async def main() -> None:
    async with await asyncio.start_server(echo, "127.0.0.1", 8080) as server:
        await server.serve_forever()


asyncio.run(main())
