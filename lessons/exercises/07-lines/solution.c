/* A server on 127.0.0.1:8080 that should answer each line of its client with how many bytes it has. */

#include <arpa/inet.h>
#include <netinet/in.h>
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
    static char buffer[4001]; /* the longest line, and its newline */
    size_t held = 0;          /* so much of it has come, and is no line yet */
    int server = listening();
    int client = let_in(server);

    for (;;) {
        if (held == sizeof buffer) {
            fprintf(stderr, "a line of more than %zu bytes\n", sizeof buffer - 1);
            exit(1);
        }
        ssize_t got = recv(client, buffer + held, sizeof buffer - held, 0);
        if (got < 0)
            fail("recv");
        if (got == 0)
            break;
        held += got;

        char *line = buffer, *newline;
        while ((newline = memchr(line, '\n', held)) != NULL) {
            size_t length = newline - line;
            answer(client, length);
            line = newline + 1;
            held -= length + 1;
        }
        memmove(buffer, line, held);
    }

    close(client);
    close(server);
    return 0;
}
