/* fails at: cid closes, and your end is closed as well: he reads the end of the stream */
/* told: descriptor 6 of server is still open, and server sleeps in accept(3) */
/* A process for each client, and a copy of each client's socket that stays with the parent. */

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
    for (;;) {
        int client = accept(s, NULL, NULL);
        if (fork() == 0) {
            char data[16];
            ssize_t got;
            while ((got = read(client, data, sizeof data)) > 0)
                write(client, data, got);
            close(client);
            return 0;
        }
    }
}
