/* A daemon: what was started has ended with 0 before the first client comes, and what it left behind serves them. */

#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void serve(int client)
{
    char line[6];
    size_t kept = 0;
    ssize_t got;
    while ((got = read(client, line + kept, 5 - kept)) > 0) {
        kept += (size_t)got;
        if (kept == 5 && memcmp(line, "ping\n", 5) == 0) {
            if (write(client, "pong\n", 5) != 5)
                break;
            kept = 0;
        }
    }
    close(client);
}

int main(void)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = inet_addr("127.0.0.1")};
    int s = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(s, (struct sockaddr *)&here, sizeof here) != 0 || listen(s, 30) != 0)
        return 1;
    signal(SIGPIPE, SIG_IGN);
    if (daemon(1, 1) != 0)
        return 1;
    for (;;) {
        int client = accept(s, NULL, NULL);
        if (client >= 0)
            serve(client);
    }
}
