// fails at: and nothing after them: your program closes its socket
// told: nothing more is expected there: send what the task says, and no more
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
/* Begins where the last ended, and asks for as much as at first. */
int main(void) {
    static char all[65536];
    const char line[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-\n";
    int s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    connect(s, (struct sockaddr *)&to, sizeof to);
    for (int i = 0; i < 1024; i++)
        memcpy(all + 64 * i, line, 64);
    size_t done = 0;
    while (done < sizeof all)
        done += send(s, all + done, sizeof all, 0);
    close(s);
    return 0;
}
