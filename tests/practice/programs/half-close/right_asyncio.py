"""By asyncio's streams: write_eof is shutdown."""

import asyncio


async def main():
    reader, writer = await asyncio.open_connection("127.0.0.1", 8080)
    writer.writelines([b"pear\n", b"apple\n", b"fig\n"])
    writer.write_eof()
    print((await reader.read()).decode(), end="")
    writer.close()
    await writer.wait_closed()


asyncio.run(main())
