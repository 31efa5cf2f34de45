/* A process for each client; nobody waits for those that have ended. */

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    int yes = 1;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    signal(SIGCHLD, SIG_IGN);
    if (bind(s, (struct sockaddr *)&here, sizeof here) < 0 || listen(s, 8) < 0)
        return 1;
    for (int client; (client = accept(s, NULL, NULL)) >= 0; close(client)) {
        if (fork() > 0)
            continue;
        char data[16];
        ssize_t got;
        close(s);
        while ((got = read(client, data, sizeof data)) > 0 && write(client, data, got) == got)
            ;
        return 0;
    }
    return 1;
}
