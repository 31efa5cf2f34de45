/* poll, with clients side by side; whoever has nothing more to say, or POLLHUP or POLLERR, is closed. */

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 10 };

int main(void)
{
    int yes = 1, s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct pollfd ends[MOST];
    for (int n = 0; n < MOST; n++)
        ends[n] = (struct pollfd){.fd = -1, .events = POLLIN};
    ends[0].fd = s;
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(s, (struct sockaddr *)&here, sizeof here) < 0 || listen(s, 8) < 0)
        return 1;
    while (poll(ends, MOST, -1) > 0) {
        char asked[5];
        for (int n = 1; n < MOST; n++) {
            if (ends[n].fd < 0 && ends[0].revents) {
                ends[n].fd = accept(s, NULL, NULL);
                ends[n].revents = ends[0].revents = 0;
            } else if (ends[n].revents && (read(ends[n].fd, asked, 5) != 5 || write(ends[n].fd, "pong\n", 5) != 5)) {
                close(ends[n].fd);
                ends[n].fd = -1;
            }
        }
    }
    return 1;
}
