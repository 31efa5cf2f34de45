// fails at: all 65,536 bytes come back
// told: gave 1 of 65,536 bytes, and none was read after it: it stopped at byte 1
/* Waits until something is there, reads once, and takes the rest of its buffers for what came. */

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static char first[32768], second[32768];

int main(void)
{
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (s < 0 || connect(s, (struct sockaddr *)&there, sizeof there) < 0)
        return 1;
    struct pollfd ready = {.fd = s, .events = POLLIN};
    struct iovec parts[] = {{first, sizeof first}, {second, sizeof second}};
    if (poll(&ready, 1, -1) != 1 || readv(s, parts, 2) <= 0)
        return 1;
    for (int half = 0; half < 2; half++) {
        size_t done = 0;
        while (done < parts[half].iov_len) {
            ssize_t sent = send(s, (char *)parts[half].iov_base + done, parts[half].iov_len - done, MSG_NOSIGNAL);
            if (sent < 0)
                return 1;
            done += sent;
        }
    }
    return close(s);
}
