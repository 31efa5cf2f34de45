/* One entry, or else the rest of the list; the answer is read by the C library. */

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int reach(const struct addrinfo *list)
{
    if (!list)
        return -1;
    int s = socket(list->ai_family, list->ai_socktype, list->ai_protocol);
    if (s >= 0 && connect(s, list->ai_addr, list->ai_addrlen) == 0)
        return s;
    if (s >= 0)
        close(s);
    return reach(list->ai_next);
}

int main(void)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list;
    if (getaddrinfo(NULL, "8080", &hints, &list))
        return EXIT_FAILURE;
    int s = reach(list);
    freeaddrinfo(list);
    FILE *stream = s < 0 ? NULL : fdopen(s, "r+");
    if (!stream)
        return EXIT_FAILURE;
    fputs("hello", stream);
    fflush(stream);
    while (getc(stream) != EOF)
        ;
    return fclose(stream);
}
