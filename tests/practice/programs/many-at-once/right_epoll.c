/* Edges of epoll, and sockets that do not block: each is read until EAGAIN. */

#define _GNU_SOURCE /* accept4 */
#include <arpa/inet.h>
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static void echo(int client)
{
    char data[3];
    for (;;) {
        ssize_t got = recv(client, data, sizeof data, 0);
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0 || send(client, data, got, MSG_NOSIGNAL) != got) {
            close(client);
            return;
        }
    }
}

int main(void)
{
    int yes = 1, epoll = epoll_create1(0), client;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = s}, ready[4];
    if (bind(s, (struct sockaddr *)&here, sizeof here) < 0 || listen(s, 8) < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, s, &event) < 0)
        return 1;
    for (;;) {
        int count = epoll_wait(epoll, ready, 4, -1);
        for (int n = 0; n < count; n++) {
            if (ready[n].data.fd != s) {
                echo(ready[n].data.fd);
                continue;
            }
            while ((client = accept4(s, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                event.data.fd = client;
                epoll_ctl(epoll, EPOLL_CTL_ADD, client, &event);
            }
        }
    }
}
