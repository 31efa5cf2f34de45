/* A socket that does not block, poll, and sendmsg with two buffers. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char line[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-\n";

int main(void)
{
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (s < 0 || connect(s, (struct sockaddr *)&there, sizeof there) < 0 || fcntl(s, F_SETFL, O_NONBLOCK) < 0)
        return 1;
    int done = 0; /* of 64 times 1,024 bytes: the rest of one line, and the next one */
    while (done < 65536) {
        int place = done % 64;
        struct iovec parts[] = {{(char *)line + place, 64 - place}, {(char *)line, done < 65536 - 64 ? 64 : 0}};
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
        ssize_t sent = sendmsg(s, &message, MSG_NOSIGNAL);
        if (sent > 0) {
            done += sent;
        } else if (errno == EAGAIN) {
            struct pollfd room = {.fd = s, .events = POLLOUT};
            poll(&room, 1, -1);
        } else if (errno != EINTR) {
            return 1;
        }
    }
    return close(s);
}
