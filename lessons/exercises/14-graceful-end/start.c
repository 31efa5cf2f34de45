/* A server on 127.0.0.1:8080 that answers `ping` with `pong`, one client after another, until it gets SIGTERM. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
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

static void stop(int number)
{
    (void)number;
    _exit(0);
}

static void serve(int client)
{
    char request[5];
    if (recv(client, request, sizeof request, MSG_WAITALL) == 5 && memcmp(request, "ping\n", 5) == 0)
        send(client, "pong\n", 5, MSG_NOSIGNAL);
    close(client);
}

int main(void)
{
    signal(SIGTERM, stop);

    int server = socket(AF_INET, SOCK_STREAM, 0);
    if (server < 0)
        fail("socket");
    int yes = 1;
    if (setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0)
        fail("setsockopt");
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8080)};
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(server, (struct sockaddr *)&here, sizeof here) < 0)
        fail("bind");
    if (listen(server, 16) < 0)
        fail("listen");

    for (;;) {
        int client = accept(server, NULL, NULL);
        if (client < 0)
            fail("accept");
        serve(client);
    }
}
