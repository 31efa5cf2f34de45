/* Handshakes that the program does not wait for: poll, and SO_ERROR says what became of each. */

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static int begin(const struct addrinfo *at)
{
    int s = socket(at->ai_family, at->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, at->ai_protocol), error = 0;
    socklen_t size = sizeof error;
    if (s < 0)
        return -1;
    if (connect(s, at->ai_addr, at->ai_addrlen) < 0) {
        struct pollfd made = {.fd = s, .events = POLLOUT};
        if (errno != EINPROGRESS || poll(&made, 1, 2000) != 1 || getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error) {
            close(s);
            return -1;
        }
    }
    return s;
}

int main(void)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *all, *at;
    if (getaddrinfo(NULL, "8080", &hints, &all) != 0)
        return 2;
    int s = -1;
    for (at = all; at != NULL && s < 0; at = at->ai_next)
        s = begin(at);
    freeaddrinfo(all);
    if (s < 0)
        return 1;
    for (const char *next = "hello"; *next;)
        next += write(s, next, 1);
    char byte;
    ssize_t got;
    while ((got = read(s, &byte, 1)) != 0) {
        struct pollfd more = {.fd = s, .events = POLLIN};
        if (got < 0 && (errno != EAGAIN || poll(&more, 1, -1) < 0))
            return 3;
    }
    return close(s);
}
