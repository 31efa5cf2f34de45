/* Looks until all of it is there, and takes it at once then: no fewer bytes than were shown can be missing. */

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static char message[65536];

int main(void)
{
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (s < 0 || connect(s, (struct sockaddr *)&there, sizeof there) < 0)
        return 1;
    while (recv(s, message, sizeof message, MSG_PEEK) < (ssize_t)sizeof message)
        usleep(1000);
    if (read(s, message, sizeof message) != sizeof message)
        return 2;
    size_t done = 0;
    while (done < sizeof message) { /* in two parts each time */
        size_t left = sizeof message - done;
        struct iovec parts[] = {{message + done, left / 2}, {message + done + left / 2, left - left / 2}};
        ssize_t written = writev(s, parts, 2);
        if (written < 0)
            return 3;
        done += written;
    }
    return close(s);
}
