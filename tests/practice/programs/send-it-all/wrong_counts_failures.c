/* fails at: all 65,536 bytes arrive, in order */
/* told: gave -1, which was counted */
/* Does not block, and adds up whatever send gives. */

#include <arpa/inet.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    static char message[65536];
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    for (int n = 0; n < 1024; n++)
        memcpy(message + 64 * n, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-\n", 64);
    connect(s, (struct sockaddr *)&there, sizeof there);
    fcntl(s, F_SETFL, O_NONBLOCK);
    for (size_t done = 0; done < sizeof message;)
        done += send(s, message + done, sizeof message - done, 0);
    close(s);
    return 0;
}
