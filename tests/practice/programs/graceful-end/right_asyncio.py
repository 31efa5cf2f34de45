"""An event loop that accepts as fast as clients come: at the signal it listens no more, and waits for those whom it serves."""

import asyncio
import signal

served: set[asyncio.Task[None]] = set()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    task = asyncio.current_task()
    assert task is not None
    served.add(task)
    if await reader.readline() == b"ping\n":
        writer.write(b"pong\n")
        await writer.drain()
    writer.close()
    await writer.wait_closed()


async def main() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with await asyncio.start_server(serve, "127.0.0.1", 8080):
        await stop.wait()
    await asyncio.gather(*served)


asyncio.run(main())
