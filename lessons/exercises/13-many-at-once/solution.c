/* A server on 127.0.0.1:8080 that sends its clients back what they send. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_CLIENTS = 100 };

static void fail(const char *call)
{
    perror(call);
    exit(1);
}

/* What came from a client goes back, all of it. Returns whether the client is still there: it may have broken off, with which
   nothing is wrong with the others. */
static int serve(int client)
{
    char data[100];
    ssize_t got = recv(client, data, sizeof data, 0);
    if (got < 0)
        perror("recv");
    for (ssize_t done = 0; done < got;) {
        ssize_t sent = send(client, data + done, got - done, MSG_NOSIGNAL);
        if (sent < 0) {
            perror("send");
            return 0;
        }
        done += sent;
    }
    return got > 0;
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
    if (listen(server, 16) < 0)
        fail("listen");

    struct pollfd ends[1 + MOST_CLIENTS] = {{.fd = server, .events = POLLIN}}; /* the listener, then the clients */
    nfds_t count = 1;
    for (;;) {
        ends[0].events = count < 1 + MOST_CLIENTS ? POLLIN : 0; /* where it is full, they wait in the accept queue */
        if (poll(ends, count, -1) < 0)
            fail("poll");

        /* From the last on: whoever goes is replaced by the last, who has been looked at. */
        for (nfds_t n = count - 1; n > 0; n--) {
            if (ends[n].revents != 0 && !serve(ends[n].fd)) {
                close(ends[n].fd);
                ends[n] = ends[--count];
            }
        }
        if (ends[0].revents != 0) {
            int client = accept(server, NULL, NULL);
            if (client < 0)
                fail("accept");
            ends[count++] = (struct pollfd){.fd = client, .events = POLLIN};
        }
    }
}
