/* A client of 127.0.0.1:8080 that should take a message of 65,536 bytes and send it back. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SIZE = 65536 };

static void fail(const char *call)
{
    perror(call);
    exit(1);
}

/* Sends all of it: send may take less than it is given. */
static void send_all(int sock, const char *data, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t sent = send(sock, data + done, size - done, 0);
        if (sent < 0)
            fail("send");
        done += sent;
    }
}

int main(void)
{
    static char message[SIZE];
    int client = socket(AF_INET, SOCK_STREAM, 0);
    if (client < 0)
        fail("socket");
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(8080)};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(client, (struct sockaddr *)&server, sizeof server) < 0)
        fail("connect");

    ssize_t got = recv(client, message, SIZE, 0);
    if (got < 0)
        fail("recv");

    send_all(client, message, got);
    close(client);
    return 0;
}
