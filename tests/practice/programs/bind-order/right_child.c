/* Binds to the address alone, whose port connect may choose, before it finds that it wants a port: on a socket of its own. A child
   inherits the connection and speaks on it; the parent waits for it. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sockaddr_in at(const char *host, int port)
{
    struct sockaddr_in made = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_aton(host, &made.sin_addr);
    return made;
}

int main(void)
{
    struct sockaddr_in any = at("127.0.0.2", 0), here = at("127.0.0.2", 5000), there = at("127.0.0.1", 8080);
    int given_up = socket(AF_INET, SOCK_STREAM, 0), s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(given_up, (struct sockaddr *)&any, sizeof any) < 0 || close(given_up) < 0)
        return 1;
    if (bind(s, (struct sockaddr *)&here, sizeof here) < 0 || connect(s, (struct sockaddr *)&there, sizeof there) < 0)
        return 2;
    pid_t child = fork();
    if (child == 0) {
        struct iovec parts[] = {{"he", 2}, {"llo", 3}};
        return writev(s, parts, 2) != 5;
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) < 0)
        return 3;
    return WEXITSTATUS(status);
}
