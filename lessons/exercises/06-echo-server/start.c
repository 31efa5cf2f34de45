/* A server on 127.0.0.1:8080 that should send its clients back what they send. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void fail(const char *call)
{
    perror(call);
    exit(1);
}

int main(void)
{
    int server = socket(AF_INET, SOCK_STREAM, 0);
    if (server < 0)
        fail("socket");
    int yes = 1;
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8080)};
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(server, (struct sockaddr *)&here, sizeof here) < 0)
        fail("bind");
    if (listen(server, 5) < 0)
        fail("listen");

    char data[1024];
    for (;;) {
        int client = accept(server, NULL, NULL);
        if (client < 0)
            fail("accept");
        ssize_t got = recv(client, data, sizeof data, 0);
        if (got < 0)
            fail("recv");
        send(client, data, got, 0);
    }
}
