"""By asyncio's streams: a task for the client, readuntil, and the end of the stream as an exception."""

import asyncio


async def main():
    done = asyncio.Event()

    async def serve(reader, writer):
        try:
            while True:
                line = await reader.readuntil()
                writer.write(str(len(line) - 1).encode() + b"\n")
                await writer.drain()
        except asyncio.IncompleteReadError:
            writer.close()
            await writer.wait_closed()
            done.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 8080):
        await done.wait()


asyncio.run(main())
