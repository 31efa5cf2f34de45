// fails at: all 65,536 bytes arrive, in order
// told: failed with EBADF: its descriptor is closed: sender has closed it before: close a socket last
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
/* What stdio still holds goes nowhere. */
int main(void) {
    int s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    connect(s, (struct sockaddr *)&to, sizeof to);
    FILE *f = fdopen(s, "w");
    for (int i = 0; i < 1024; i++)
        fprintf(f, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-\n");
    close(s);
    return 0;
}
