/* fails at: the first address refuses; the client is let in at the second */
/* told: is made by the socket of connect(3, [::1]:8080) */
/* One socket for all addresses: it is of the first one's family. */

#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list, *at;
    if (getaddrinfo(NULL, "8080", &hints, &list))
        return 2;
    int s = socket(list->ai_family, list->ai_socktype, list->ai_protocol);
    for (at = list; at; at = at->ai_next)
        if (connect(s, at->ai_addr, at->ai_addrlen) == 0)
            break;
    if (!at) {
        perror("connect");
        return 1;
    }
    char answer[100];
    if (write(s, "hello", 5) != 5)
        return 3;
    while (read(s, answer, sizeof answer) > 0)
        ;
    close(s);
    return 0;
}
