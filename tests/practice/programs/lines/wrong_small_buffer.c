/* fails at: lines of 4,000 bytes are lines, too */
/* told: server had received 1,024 bytes of 8,012 bytes that client sent by one sendall when it answered */
/* Has room for 1,024 bytes, and takes a full buffer for a line. */

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    char line[1024], text[32];
    size_t held = 0;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (s < 0 || setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0
        || bind(s, (struct sockaddr *)&here, sizeof here) < 0 || listen(s, 1) < 0)
        return 1;
    int conn = accept(s, NULL, NULL);
    while (recv(conn, line + held, 1, 0) == 1) {
        if (line[held] != '\n' && ++held < sizeof line)
            continue;
        int size = snprintf(text, sizeof text, "%zu\n", held);
        for (char *at = text; at < text + size; at++)
            if (send(conn, at, 1, MSG_NOSIGNAL) != 1)
                return 1;
        held = 0;
    }
    return close(conn);
}
