/* A client of port 8080 of this machine, at whichever of its addresses somebody listens. */

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void fail(const char *call)
{
    perror(call);
    exit(1);
}

/* Returns a socket that is connected to the first of these addresses that lets it in; -1 where none does. */
static int connect_to_any(const struct addrinfo *found)
{
    for (const struct addrinfo *each = found; each != NULL; each = each->ai_next) {
        int sock = socket(each->ai_family, each->ai_socktype, each->ai_protocol);
        if (sock < 0) {
            perror("socket"); /* a family that this machine lacks: the next one may be another */
            continue;
        }
        if (connect(sock, each->ai_addr, each->ai_addrlen) == 0)
            return sock;
        perror("connect");
        close(sock);
    }
    return -1;
}

int main(void)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    int error = getaddrinfo(NULL, "8080", &hints, &found);
    if (error != 0) {
        fprintf(stderr, "getaddrinfo: %s\n", gai_strerror(error));
        exit(1);
    }

    int client = connect_to_any(found);
    freeaddrinfo(found);
    if (client < 0) {
        fprintf(stderr, "nobody lets us in\n");
        exit(1);
    }

    if (send(client, "hello", 5, 0) < 0)
        fail("send");
    char answer[1024];
    ssize_t got;
    while ((got = recv(client, answer, sizeof answer, 0)) > 0)
        fwrite(answer, 1, got, stdout);
    if (got < 0)
        fail("recv");
    close(client);
    return 0;
}
