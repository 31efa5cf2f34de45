/* fails at: all 65,536 bytes come back */
/* told: had given last, where b'0123456789abcdef' came first: a receive writes at the beginning of what it is given */
/* Counts, and puts each piece where the one before was. */

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    static char message[65536];
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    connect(s, (struct sockaddr *)&there, sizeof there);
    for (size_t got = 0; got < sizeof message;) {
        ssize_t piece = recv(s, message, sizeof message - got, 0);
        if (piece <= 0)
            return 1;
        got += piece;
    }
    for (size_t done = 0; done < sizeof message;) {
        ssize_t taken = send(s, message + done, sizeof message - done, 0);
        if (taken < 0)
            return 1;
        done += taken;
    }
    close(s);
    return 0;
}
