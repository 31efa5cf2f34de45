/* 1,024 buffers at a time, and what is left of them again. */

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { LINES = 1024, LENGTH = 64 };

int main(void)
{
    static char line[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-\n";
    static struct iovec parts[LINES];
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(s, (struct sockaddr *)&there, sizeof there) < 0)
        return 1;
    for (int n = 0; n < LINES; n++)
        parts[n] = (struct iovec){line, LENGTH};
    for (int n = 0; n < LINES;) {
        ssize_t taken = writev(s, parts + n, LINES - n);
        if (taken < 0)
            return 1;
        for (; n < LINES && (size_t)taken >= parts[n].iov_len; n++)
            taken -= parts[n].iov_len;
        if (n < LINES) {
            parts[n].iov_base = (char *)parts[n].iov_base + taken;
            parts[n].iov_len -= taken;
        }
    }
    return close(s);
}
