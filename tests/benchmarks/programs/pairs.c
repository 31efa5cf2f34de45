/* pairs N: N times send and recv of 13 bytes, on a pair of sockets of one process. Two calls a pair, and nothing beside them. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int ends[2], pairs = argc > 1 ? atoi(argv[1]) : 20000;
    char room[64];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) return perror("socketpair"), 1;
    for (int pair = 0; pair < pairs; pair++) {
        if (send(ends[0], "hello, world\n", 13, 0) != 13) return perror("send"), 1;
        if (recv(ends[1], room, sizeof room, 0) != 13) return perror("recv"), 1;
    }
    close(ends[0]);
    close(ends[1]);
    return 0;
}
