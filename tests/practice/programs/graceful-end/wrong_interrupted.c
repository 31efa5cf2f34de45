/* fails at: after SIGTERM, alice, who came first, still gets her answer */
/* told: had accepted alice and not answered */
/* recv comes back with EINTR, which is taken for a client that has gone. */

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

static volatile sig_atomic_t stopping;

static void stop(int number)
{
    stopping = number;
}

int main(void)
{
    int yes = 1;
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(s, (struct sockaddr *)&here, sizeof here) < 0 || listen(s, 8) < 0)
        return 1;
    while (!stopping) {
        char asked[5];
        int client = accept(s, NULL, NULL);
        if (client >= 0 && recv(client, asked, 5, 0) == 5)
            send(client, "pong\n", 5, MSG_NOSIGNAL);
        if (client >= 0)
            close(client);
    }
    close(s);
    return 0;
}
