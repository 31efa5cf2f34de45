/* A child serves the client; its parent closes what both hold, and waits for it. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_ANY)};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(s, (struct sockaddr *)&here, sizeof here) < 0 || listen(s, SOMAXCONN) < 0)
        return 1;
    int c = accept(s, NULL, NULL);
    if (c < 0)
        return 2;
    pid_t child = fork();
    if (child == 0) {
        close(s);
        _exit(write(c, "hello", 5) != 5);
    }
    close(c);
    close(s);
    int status = 1;
    return waitpid(child, &status, 0) != child || status != 0;
}
