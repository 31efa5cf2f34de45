/* splice: no byte comes into the program. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
int main(void)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0), one = 1, pipes[2];
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(s, (struct sockaddr *)&here, sizeof here) || listen(s, 8) || pipe(pipes))
        return 1;
    for (int c; (c = accept(s, NULL, NULL)) >= 0; close(c))
        for (ssize_t n; (n = splice(c, NULL, pipes[1], NULL, 4096, 0)) > 0;)
            while (n > 0) {
                ssize_t out = splice(pipes[0], NULL, c, NULL, (size_t)n, 0);
                if (out <= 0)
                    return 2;
                n -= out;
            }
    return 3;
}
