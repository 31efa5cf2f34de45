/* Counts byte by byte, and keeps none. */

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
int main(void)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0), one = 1, length = 0;
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(s, (struct sockaddr *)&here, sizeof here) || listen(s, 8))
        return 1;
    int c = accept(s, NULL, NULL);
    for (char b; read(c, &b, 1) == 1;)
        if (b == '\n') {
            char out[16];
            int n = snprintf(out, sizeof out, "%d\n", length);
            for (int done = 0; done < n;) {
                int w = (int)write(c, out + done, n - done);
                if (w < 0)
                    return 2;
                done += w;
            }
            length = 0;
        } else
            length++;
    close(c);
    return 0;
}
