/* A client that asks 127.0.0.1:8080 where to go, and should say `hello` there. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void fail(const char *call)
{
    perror(call);
    exit(1);
}

static int connected(const struct sockaddr_in *there)
{
    int sock = socket(AF_INET, SOCK_STREAM, 0);
    if (sock < 0)
        fail("socket");
    if (connect(sock, (const struct sockaddr *)there, sizeof *there) < 0)
        fail("connect");
    return sock;
}

int main(void)
{
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(8080)};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    int directory = connected(&server);
    unsigned char place[6];
    if (recv(directory, place, sizeof place, MSG_WAITALL) != sizeof place)
        fail("recv");
    close(directory);

    struct sockaddr_in there = {.sin_family = AF_INET};
    memcpy(&there.sin_addr, place, 4);
    uint16_t port = place[4] << 8 | place[5];
    there.sin_port = port;

    int client = connected(&there);
    if (send(client, "hello", 5, 0) != 5)
        fail("send");
    close(client);
    return 0;
}
