/* A client that asks 127.0.0.1:8080 three questions by UDP. */

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
    int sock = socket(AF_INET, SOCK_DGRAM, 0);
    if (sock < 0)
        fail("socket");
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(8080)};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    for (int number = 1; number <= 3; number++) {
        char question[2] = {'0' + number, '?'};
        if (sendto(sock, question, sizeof question, 0, (struct sockaddr *)&server, sizeof server) < 0)
            fail("sendto");

        char answer[1024];
        ssize_t got = recvfrom(sock, answer, sizeof answer, 0, NULL, NULL);
        if (got < 0)
            fail("recvfrom");
        printf("%.*s\n", (int)got, answer);
    }
    close(sock);
    return 0;
}
