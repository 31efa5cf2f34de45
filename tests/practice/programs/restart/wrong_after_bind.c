/* fails at: started again, it listens on port 8080, though TIME-WAIT stands */
/* told: the old socket had it, and both need it */
/* The option comes after the call that asks for it, and the return values are nobody's. */

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    int yes = 1;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(s, (struct sockaddr *)&here, sizeof here) < 0)
        return 1;
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    listen(s, 5);
    int conn = accept(s, NULL, NULL);
    send(conn, "hello", 5, 0);
    close(conn);
    close(s);
    return 0;
}
