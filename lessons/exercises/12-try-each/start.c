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

int main(void)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    int error = getaddrinfo(NULL, "8080", &hints, &found);
    if (error != 0) {
        fprintf(stderr, "getaddrinfo: %s\n", gai_strerror(error));
        exit(1);
    }

    int client = socket(found->ai_family, found->ai_socktype, found->ai_protocol);
    if (client < 0)
        fail("socket");
    if (connect(client, found->ai_addr, found->ai_addrlen) < 0)
        fail("connect");
    freeaddrinfo(found);

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
