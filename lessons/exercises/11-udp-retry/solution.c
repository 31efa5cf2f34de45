/* A client that asks 127.0.0.1:8080 three questions by UDP, and asks again where no answer comes. */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TIMES = 3, PATIENCE = 400 }; /* milliseconds */

static void fail(const char *call)
{
    perror(call);
    exit(1);
}

static long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static bool is_same(const struct sockaddr_in *one, const struct sockaddr_in *other)
{
    return one->sin_addr.s_addr == other->sin_addr.s_addr && one->sin_port == other->sin_port;
}

/* Receives the server's answer to that question. Returns its length; -1 where it does not come in time. */
static ssize_t receive(int sock, const struct sockaddr_in *server, int number, char *answer, size_t room)
{
    long deadline = now() + PATIENCE; /* what others send does not make it wait longer */
    for (long left = PATIENCE; left > 0; left = deadline - now()) {
        struct pollfd readable = {.fd = sock, .events = POLLIN};
        if (poll(&readable, 1, left) < 0 && errno != EINTR)
            fail("poll");
        struct sockaddr_in sender;
        socklen_t length = sizeof sender;
        ssize_t got = recvfrom(sock, answer, room, MSG_DONTWAIT, (struct sockaddr *)&sender, &length);
        if (got < 0 && errno != EAGAIN && errno != EINTR)
            fail("recvfrom");
        if (got >= 2 && is_same(&sender, server) && answer[0] == '0' + number && answer[1] == '=')
            return got;
    }
    return -1;
}

/* Asks that question. Returns the length of its answer; -1 where nobody answers. */
static ssize_t ask(int sock, const struct sockaddr_in *server, int number, char *answer, size_t room)
{
    char question[2] = {'0' + number, '?'};
    for (int time = 0; time < TIMES; time++) {
        if (sendto(sock, question, sizeof question, 0, (const struct sockaddr *)server, sizeof *server) < 0)
            fail("sendto");
        ssize_t got = receive(sock, server, number, answer, room);
        if (got >= 0)
            return got;
    }
    return -1;
}

int main(void)
{
    int sock = socket(AF_INET, SOCK_DGRAM, 0);
    if (sock < 0)
        fail("socket");
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(8080)};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    for (int number = 1; number <= 3; number++) {
        char answer[1024];
        ssize_t got = ask(sock, &server, number, answer, sizeof answer);
        if (got < 0) {
            printf("no answer\n");
            return 1;
        }
        printf("%.*s\n", (int)got, answer);
    }
    close(sock);
    return 0;
}
