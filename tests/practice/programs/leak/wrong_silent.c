/* fails at: nothing is left of the connections: none is in CLOSE-WAIT */
/* told: connections in CLOSE-WAIT */
/* Closes whoever has asked, and forgets whoever says nothing. */

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    int yes = 1, s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(s, (struct sockaddr *)&here, sizeof here) < 0 || listen(s, 8) < 0)
        return 1;
    for (;;) {
        char asked[5];
        int client = accept(s, NULL, NULL);
        if (client < 0)
            return 1;
        if (recv(client, asked, 5, 0) <= 0)
            continue;
        do
            send(client, "pong\n", 5, MSG_NOSIGNAL);
        while (recv(client, asked, 5, 0) > 0);
        close(client);
    }
}
