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
    send_all(client, lines, strlen(lines));
    /* All is said: the server receives the end of the stream, and the answer can still come. */
    if (shutdown(client, SHUT_WR) < 0)
        fail("shutdown");

    char answer[1024];
    ssize_t got;
    while ((got = recv(client, answer, sizeof answer, 0)) > 0)
        fwrite(answer, 1, got, stdout);
    if (got < 0)
        fail("recv");

    if (close(client) < 0)
        fail("close");
    return 0;
}
