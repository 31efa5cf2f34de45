/* A client of 127.0.0.1:8080, which sorts lines: sends them, and should print the sorted ones. */

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

int main(void)
{
    int client = socket(AF_INET, SOCK_STREAM, 0);
    if (client < 0)
        fail("socket");
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(8080)};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(client, (struct sockaddr *)&server, sizeof server) < 0)
        fail("connect");

    const char *lines = "pear\napple\nfig\n";
    if (send(client, lines, strlen(lines), 0) < 0)
        fail("send");

    char answer[1024];
    ssize_t got = recv(client, answer, sizeof answer, 0);
    if (got < 0)
        fail("recv");
    fwrite(answer, 1, got, stdout);

    close(client);
    return 0;
}
