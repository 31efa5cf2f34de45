/* A server on 127.0.0.1:8080 that should answer each line of its client with how many bytes it has. */

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

static void answer(int sock, size_t length)
{
    char text[32];
    int size = snprintf(text, sizeof text, "%zu\n", length);
    send_all(sock, text, size);
}

static int let_in(int server)
{
    int client = accept(server, NULL, NULL);
    if (client < 0)
        fail("accept");
    return client;
}

static int listening(void)
{
    int server = socket(AF_INET, SOCK_STREAM, 0);
    if (server < 0)
        fail("socket");
    int on = 1;
    if (setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
        fail("setsockopt");
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8080)};
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(server, (struct sockaddr *)&here, sizeof here) < 0)
        fail("bind");
    if (listen(server, 5) < 0)
        fail("listen");
    return server;
}

int main(void)
{
    static char line[4096];
    int server = listening();
    int client = let_in(server);

    for (;;) {
        ssize_t got = recv(client, line, sizeof line, 0);
        if (got < 0)
            fail("recv");
        if (got == 0)
            break;
        answer(client, line[got - 1] == '\n' ? got - 1 : got);
    }

    close(client);
    close(server);
    return 0;
}
