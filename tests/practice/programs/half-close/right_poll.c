/* Does not block: poll says when there is something to read or room to write; the socket is left to the exit to close. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (connect(s, (struct sockaddr *)&there, sizeof there) < 0 && errno != EINPROGRESS)
        return 1;
    const char *left = "pear\napple\nfig\n";
    struct pollfd about = {.fd = s, .events = POLLIN | POLLOUT};
    while (poll(&about, 1, -1) > 0) {
        if (about.revents & POLLOUT) {
            ssize_t sent = send(s, left, strlen(left) > 4 ? 4 : strlen(left), 0);
            if (sent < 0)
                return 2;
            left += sent;
            if (!*left) {
                shutdown(s, SHUT_WR);
                about.events = POLLIN;
            }
        }
        if (about.revents & (POLLIN | POLLHUP)) {
            char data[3];
            ssize_t got = recv(s, data, sizeof data, 0);
            if (got == 0)
                return 0;
            if (got < 0 || write(1, data, got) != got)
                return 3;
        }
    }
    return 4;
}
