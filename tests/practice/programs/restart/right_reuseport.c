/* SO_REUSEPORT on every run's socket does it, too; and the end of the stream comes by shutdown, before close. */

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    int yes = 1;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (s < 0 || setsockopt(s, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes) < 0)
        return 1;
    if (bind(s, (struct sockaddr *)&here, sizeof here) < 0 || listen(s, 1) < 0)
        return 1;
    int conn = accept(s, NULL, NULL);
    char rest;
    if (conn < 0 || write(conn, "hello", 5) != 5 || shutdown(conn, SHUT_WR) < 0 || read(conn, &rest, 1) != 0)
        return 1;
    return close(conn) < 0 || close(s) < 0;
}
