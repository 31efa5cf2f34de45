/* fails at: it comes again */
/* told: took b'1=red' for an answer to b'2?', as it had for one to b'1?' before */
/* A connected socket and a time limit, but any answer is one to the question asked last. */

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_DGRAM, 0), times = 0;
    if (s < 0 || connect(s, (struct sockaddr *)&there, sizeof there) < 0)
        return 2;
    for (int number = 1; number <= 3 && times < 3;) {
        char text[512];
        struct pollfd ready = {.fd = s, .events = POLLIN};
        send(s, text, snprintf(text, sizeof text, "%d?", number), 0);
        times++;
        if (poll(&ready, 1, 400) == 1) {
            ssize_t got = recv(s, text, sizeof text, 0);
            printf("%.*s\n", (int)got, text);
            number++;
            times = 0;
        }
    }
    if (times == 3)
        puts("no answer");
    return times == 3;
}
