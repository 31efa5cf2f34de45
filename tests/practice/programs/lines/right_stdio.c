/* Two streams of the C library's: getc counts, fprintf answers. */

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (s < 0 || setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0
        || bind(s, (struct sockaddr *)&here, sizeof here) < 0 || listen(s, 1) < 0)
        return 1;
    int conn = accept(s, NULL, NULL);
    if (conn < 0)
        return 1;
    FILE *in = fdopen(conn, "r"), *out = fdopen(dup(conn), "w");
    if (in == NULL || out == NULL)
        return 1;
    int length = 0, byte;
    while ((byte = getc(in)) != EOF) {
        if (byte != '\n') {
            length++;
            continue;
        }
        fprintf(out, "%d\n", length);
        if (fflush(out) != 0)
            return 1;
        length = 0;
    }
    fclose(out);
    fclose(in);
    return 0;
}
