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

static struct sockaddr_in address(const char *host, unsigned short port)
{
    struct sockaddr_in made = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, host, &made.sin_addr) != 1) {
        fprintf(stderr, "%s: no IPv4 address\n", host);
        exit(1);
    }
    return made;
}

int main(void)
{
    int client = socket(AF_INET, SOCK_STREAM, 0);
    if (client < 0)
        fail("socket");

    struct sockaddr_in here = address("127.0.0.2", 5000);
    struct sockaddr_in server = address("127.0.0.1", 8080);

    /* Its own end first: connect sends the SYN, which says where the client comes from. When it has ended, its port is kept
       by TIME-WAIT for a minute; with SO_REUSEADDR the next start may have it nevertheless. */
    int yes = 1;
    if (setsockopt(client, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0)
        fail("setsockopt");
    if (bind(client, (struct sockaddr *)&here, sizeof here) < 0)
        fail("bind");
    if (connect(client, (struct sockaddr *)&server, sizeof server) < 0)
        fail("connect");

    if (send(client, "hello", 5, 0) != 5)
        fail("send");
    if (close(client) < 0)
        fail("close");
    return 0;
}
