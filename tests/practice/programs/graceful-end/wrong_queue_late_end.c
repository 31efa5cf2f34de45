/* fails at: bob, who came second and was let in, too, gets his */
/* told: bob was connected and waited in the accept queue */
/* As wrong_queue.c, and it ends only a while after it has closed its listener. */

#include <arpa/inet.h>
#include <errno.h>
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
        int client = accept(s, NULL, NULL);
        if (client < 0)
            continue;
        char asked[5];
        ssize_t got;
        while ((got = recv(client, asked, 5, 0)) < 0 && errno == EINTR)
            ;
        if (got == 5)
            send(client, "pong\n", 5, MSG_NOSIGNAL);
        close(client);
    }
    close(s);
    sleep(2);
    return 0;
}
