/* A server on 127.0.0.1:8080 that should send its clients back what they send. */

#include <arpa/inet.h>
#include <errno.h>
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

/* Sends all of it: send may take less than it is given. MSG_NOSIGNAL: that a client is gone is an error, and no SIGPIPE. */
static int send_all(int sock, const char *data, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t sent = send(sock, data + done, size - done, MSG_NOSIGNAL);
        if (sent < 0)
            return -1;
        done += sent;
    }
    return 0;
}

/* Until the client has sent all (recv gives 0), or is gone: one client's error is not the end of the server. */
static void serve(int client)
{
    char data[4096];
    for (;;) {
        ssize_t got = recv(client, data, sizeof data, 0);
        if (got == 0)
            return;
        if (got < 0 || send_all(client, data, got) < 0) {
            perror("client");
            return;
        }
    }
}

int main(void)
{
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
    if (listen(server, 5) < 0)
        fail("listen");

    for (;;) {
        int client = accept(server, NULL, NULL);
        if (client < 0) {
            if (errno == EINTR || errno == ECONNABORTED)
                continue;
            fail("accept");
        }
        serve(client);
        close(client);
    }
}
