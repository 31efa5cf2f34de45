/* fails at: it is asked again, for no answer has come */
/* told: client sent b'1?' once */
/* Has a time limit, and takes it for the end. */

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_usec = 400000};
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connect(s, (struct sockaddr *)&there, sizeof there);
    for (int number = 1; number <= 3; number++) {
        char text[512];
        send(s, text, snprintf(text, sizeof text, "%d?", number), 0);
        ssize_t got = recv(s, text, sizeof text, 0);
        if (got < 0) {
            puts("no answer");
            return 1;
        }
        printf("%.*s\n", (int)got, text);
    }
    return 0;
}
