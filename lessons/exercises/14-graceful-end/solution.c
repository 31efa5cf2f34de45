/* A server on 127.0.0.1:8080 that answers `ping` with `pong`, one client after another, until it gets SIGTERM. */

#define _GNU_SOURCE /* ppoll */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static volatile sig_atomic_t is_stopping;

static void fail(const char *call)
{
    perror(call);
    exit(1);
}

/* Only notes it: whoever is being served is served to the end. */
static void stop(int number)
{
    (void)number;
    is_stopping = 1;
}

/* One client. What becomes of it ends nothing but its own connection. */
static void serve(int client)
{
    char request[5];
    ssize_t got = recv(client, request, sizeof request, MSG_WAITALL);
    if (got < 0)
        perror("recv");
    else if (got == 5 && memcmp(request, "ping\n", 5) == 0 && send(client, "pong\n", 5, MSG_NOSIGNAL) < 0)
        perror("send");
    close(client);
}

/* Serves whoever is in the accept queue, and waits for nobody: the listener does not block. */
static void serve_waiting(int server)
{
    for (;;) {
        int client = accept(server, NULL, NULL);
        if (client >= 0)
            serve(client);
        else if (errno == EAGAIN)
            return;
        else if (errno != ECONNABORTED) /* a client that has gone again */
            fail("accept");
    }
}

int main(void)
{
    /* SIGTERM is blocked everywhere but in ppoll, which lets it in and comes back: it interrupts nothing else, and none comes
       between a look at is_stopping and falling asleep. */
    sigset_t blocked, in_ppoll;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &blocked, &in_ppoll) < 0)
        fail("sigprocmask");
    sigdelset(&in_ppoll, SIGTERM);
    struct sigaction action = {.sa_handler = stop};
    if (sigaction(SIGTERM, &action, NULL) < 0)
        fail("sigaction");

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
    if (fcntl(server, F_SETFL, O_NONBLOCK) < 0)
        fail("fcntl");

    while (!is_stopping) {
        struct pollfd listener = {.fd = server, .events = POLLIN};
        if (ppoll(&listener, 1, NULL, &in_ppoll) < 0 && errno != EINTR)
            fail("ppoll");
        serve_waiting(server);
    }
    close(server);
    return 0;
}
