/* fails at: then to the address and port of the six bytes */
/* told: its four bytes the other way round are 127.0.0.2 */
/* The port is right; the address is a number in the machine's own order. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    unsigned char place[6];
    int s = socket(AF_INET, SOCK_STREAM, 0), t = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(s, (struct sockaddr *)&there, sizeof there) < 0 || recv(s, place, 6, MSG_WAITALL) != 6)
        return 1;
    there.sin_addr.s_addr = (uint32_t)place[0] << 24 | place[1] << 16 | place[2] << 8 | place[3];
    memcpy(&there.sin_port, place + 4, 2);
    if (connect(t, (struct sockaddr *)&there, sizeof there) < 0) {
        perror("connect");
        return 1;
    }
    return write(t, "hello", 5) != 5;
}
