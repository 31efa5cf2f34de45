/* A child for each client; the parent has no use for what it accepts, and the kernel reaps its children. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    signal(SIGCHLD, SIG_IGN);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_ANY)};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(s, (struct sockaddr *)&here, sizeof here) < 0 || listen(s, 5) < 0)
        return 1;
    for (;;) {
        int c = accept(s, NULL, NULL);
        if (c < 0)
            return 2;
        if (fork() == 0) {
            close(s);
            char data[4096];
            ssize_t got;
            while ((got = read(c, data, sizeof data)) > 0)
                for (ssize_t done = 0, sent; done < got; done += sent)
                    if ((sent = write(c, data + done, got - done)) < 0)
                        _exit(1);
            _exit(0);
        }
        close(c);
    }
}
