"""many N: an asyncio server that echoes, and N clients of its in the same process, each with three messages."""

from __future__ import annotations

import asyncio
import sys


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while message := await reader.readline():
        writer.write(message)
        await writer.drain()
    writer.close()


async def talk(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(3):
        writer.write(b"hello, world\n")
        await reader.readline()
    writer.close()
    await writer.wait_closed()


async def main(clients: int) -> None:
    server = await asyncio.start_server(echo, "127.0.0.1", 0, backlog=clients)
    port = server.sockets[0].getsockname()[1]
    await asyncio.gather(*(talk(port) for _ in range(clients)))
    server.close()


asyncio.run(main(int(sys.argv[1])))
