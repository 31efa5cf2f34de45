/* A client of 127.0.0.1:8080 that should come from 127.0.0.2:5000 and say `hello`. */

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
    int client = socket(AF_INET, SOCK_STREAM, 0);
    if (client < 0)
        fail("socket");

    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(8080)};
    inet_pton(AF_INET, "127.0.0.1", &server.sin_addr);

    if (connect(client, (struct sockaddr *)&server, sizeof server) < 0)
        fail("connect");
    if (bind(client, (struct sockaddr *)&server, sizeof server) < 0)
        fail("bind");

    if (send(client, "hello", 5, 0) != 5)
        fail("send");
    close(client);
    return 0;
}
