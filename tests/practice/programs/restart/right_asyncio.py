"""An event loop, whose servers set the option by themselves."""

import asyncio


async def main() -> None:
    done = asyncio.Event()

    async def hello(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        writer.close()
        await writer.wait_closed()
        done.set()

    async with await asyncio.start_server(hello, "127.0.0.1", 8080):
        await done.wait()


asyncio.run(main())
