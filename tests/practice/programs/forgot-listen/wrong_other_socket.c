/* fails at: the client is let in */
/* told: server has bound its socket 3 there, and has not called listen */
/* It listens, but on a second socket, which was never bound to 8080. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int bound = socket(AF_INET, SOCK_STREAM, 0), s = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(bound, (struct sockaddr *)&here, sizeof here) < 0 || listen(s, 5) < 0)
        return 1;
    struct pollfd waits = {.fd = s, .events = POLLIN};
    if (poll(&waits, 1, -1) != 1)
        return 2;
    int c = accept(s, NULL, NULL);
    write(c, "hello", 5);
    close(c);
    close(s);
    return 0;
}
