"""By asyncio's server."""

import asyncio


async def serve(reader, writer):
    while data := await reader.read(1000):
        writer.write(data)
        await writer.drain()
    writer.close()
    await writer.wait_closed()


async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", 8080) as server:
        await server.serve_forever()


asyncio.run(main())
