/* fails at: no descriptor of a connection is left open */
/* told: is still open, though nobody is at the other end any more */
/* Ends its direction, and never closes. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(s, (struct sockaddr *)&here, sizeof here) < 0 || listen(s, 5) < 0)
        return 1;
    for (;;) {
        int c = accept(s, NULL, NULL);
        char data[16384];
        ssize_t got;
        while ((got = recv(c, data, sizeof data, 0)) > 0)
            if (send(c, data, got, 0) != got)
                return 2;
        shutdown(c, SHUT_WR);
    }
}
