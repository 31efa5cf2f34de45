/* A child serves, and its parent waits for it; both have the listener. */

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1, status = 0, listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) < 0 || listen(listener, 1) < 0)
        return 1;
    if (fork() == 0) {
        int client = accept(listener, NULL, NULL);
        _exit(write(client, "hello", 5) != 5 || close(client) < 0);
    }
    wait(&status);
    return status != 0;
}
