"""An event loop, which needs four descriptors of its own, and closes what it is done with."""

import asyncio


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await reader.readline() == b"ping\n":
            writer.write(b"pong\n")
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(answer, "127.0.0.1", 8080)
    await server.serve_forever()


asyncio.run(main())
