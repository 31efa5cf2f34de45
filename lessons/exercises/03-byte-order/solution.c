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
    ssize_t got = recv(directory, place, sizeof place, MSG_WAITALL);
    if (got < 0)
        fail("recv");
    if (got < (ssize_t)sizeof place) {
        fprintf(stderr, "the stream ended after %zd of %zu bytes\n", got, sizeof place);
        return 1;
    }
    if (close(directory) < 0)
        fail("close");

    /* The four bytes are copied as they came, in the network's order. The port was made a number, which the machine has in its
       own order: htons turns it into the network's again. */
    struct sockaddr_in there = {.sin_family = AF_INET};
    memcpy(&there.sin_addr, place, 4);
    uint16_t port = place[4] << 8 | place[5];
    there.sin_port = htons(port);

    int client = connected(&there);
    if (send(client, "hello", 5, 0) != 5)
        fail("send");
    if (close(client) < 0)
        fail("close");
    return 0;
}
