// fails at: all 65,536 bytes arrive, in order
// told: took 3 of 65,535 bytes, and nothing was sent after it: it stopped at byte 4
/* Writes the rest once, and no more. */

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    static char message[65536];
    for (int line = 0; line < 1024; line++)
        memcpy(message + 64 * line, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-\n", 64);
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (s < 0 || connect(s, (struct sockaddr *)&there, sizeof there) < 0)
        return 1;
    ssize_t written = write(s, message, sizeof message);
    if (written >= 0 && written < (ssize_t)sizeof message)
        written = write(s, message + written, sizeof message - written);
    close(s);
    return written < 0;
}
