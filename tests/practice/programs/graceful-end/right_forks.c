/* A signalfd beside the listener, and a process for each client, all of which are waited for at the end. */

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void serve(int server)
{
    int client;
    while ((client = accept(server, NULL, NULL)) >= 0) {
        if (fork() == 0) {
            char asked[5];
            if (read(client, asked, sizeof asked) == 5 && memcmp(asked, "ping\n", 5) == 0)
                exit(write(client, "pong\n", 5) != 5);
            exit(0);
        }
        close(client);
    }
}

int main(void)
{
    int yes = 1;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(s, (struct sockaddr *)&here, sizeof here) < 0 || listen(s, 8) < 0)
        return 1;
    struct pollfd ends[2] = {{.fd = s, .events = POLLIN}, {.fd = signalfd(-1, &set, 0), .events = POLLIN}};
    do {
        if (poll(ends, 2, -1) < 0)
            return 1;
        serve(s);
    } while (!ends[1].revents);
    close(s);
    while (wait(NULL) > 0)
        ;
    return 0;
}
