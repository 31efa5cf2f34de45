/* A server on 127.0.0.1:8080 that sends one client `hello`, closes, and ends. To be started as often as one likes. */

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
    /* A connection of the last run, in TIME-WAIT, is to keep nobody from binding. Before bind: that is who asks for it. */
    int yes = 1;
    if (setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0)
        fail("setsockopt");
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8080)};
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(server, (struct sockaddr *)&here, sizeof here) < 0)
        fail("bind");
    if (listen(server, 5) < 0)
        fail("listen");

    int client = accept(server, NULL, NULL);
    if (client < 0)
        fail("accept");
    if (send(client, "hello", 5, MSG_NOSIGNAL) < 0)
        fail("send");
    close(client);
    close(server);
    return 0;
}
