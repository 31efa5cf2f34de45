/* fails at: each of several lines that come at once gets its own */
/* told: had given the ends of 2 lines at once, and 1 was answered before the next was asked for */
/* Reads on until there is a newline, answers one line, and throws away what stood behind it. */

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    static char buffer[8192];
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (s < 0 || setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0
        || bind(s, (struct sockaddr *)&here, sizeof here) < 0 || listen(s, 1) < 0)
        return 1;
    int conn = accept(s, NULL, NULL);
    for (;;) {
        size_t held = 0;
        char *end;
        do {
            ssize_t got = read(conn, buffer + held, sizeof buffer - held);
            if (got <= 0)
                return close(conn);
            held += got;
            end = memchr(buffer, '\n', held);
        } while (end == NULL);
        char text[32];
        int size = snprintf(text, sizeof text, "%td\n", end - buffer);
        for (int at = 0; at < size; at++)
            if (send(conn, text + at, 1, MSG_NOSIGNAL) != 1)
                return 1;
    }
}
