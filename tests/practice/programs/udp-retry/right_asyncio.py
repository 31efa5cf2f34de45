"""A protocol of asyncio's, a future for each answer, and wait_for."""

import asyncio
import sys

SERVER = ("127.0.0.1", 8080)


class Answers(asyncio.DatagramProtocol):
    number, answer = 0, None

    def datagram_received(self, data, addr):
        if addr == SERVER and data.startswith(b"%d=" % self.number) and not self.answer.done():
            self.answer.set_result(data)


async def main():
    loop = asyncio.get_running_loop()
    transport, answers = await loop.create_datagram_endpoint(Answers, local_addr=("127.0.0.1", 0))
    for answers.number in 1, 2, 3:
        answers.answer = loop.create_future()
        for _ in range(3):
            transport.sendto(b"%d?" % answers.number, SERVER)
            try:
                answer = await asyncio.wait_for(asyncio.shield(answers.answer), 0.4)
            except TimeoutError:
                continue
            print(answer.decode())
            break
        else:
            print("no answer")
            transport.close()
            return 1
    return 0


sys.exit(asyncio.run(main()))
