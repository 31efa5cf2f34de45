/* fails at: it has received the answer to its end: no RST was sent */
/* told: has ended receiving, too: what server sent then was answered by RST */
/* Ends both directions: the end that recv tells of is its own. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(s, (struct sockaddr *)&there, sizeof there) < 0 || send(s, "pear\napple\nfig\n", 15, 0) != 15)
        return 1;
    shutdown(s, SHUT_RDWR);
    char data[1024];
    ssize_t got;
    while ((got = recv(s, data, sizeof data, 0)) > 0)
        fwrite(data, 1, got, stdout);
    close(s);
    return got < 0;
}
