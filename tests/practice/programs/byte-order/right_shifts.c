/* Computes both numbers, reads a byte at a time, and turns both; and asks for the place's own text to connect by getaddrinfo. */

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in first = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(s, (struct sockaddr *)&first, sizeof first) < 0)
        return 1;
    uint64_t all = 0;
    for (int n = 0; n < 6; n++) {
        unsigned char byte;
        if (read(s, &byte, 1) != 1)
            return 2;
        all = all << 8 | byte;
    }
    struct in_addr address = {.s_addr = htonl((uint32_t)(all >> 16))};
    char host[INET_ADDRSTRLEN], port[6];
    inet_ntop(AF_INET, &address, host, sizeof host);
    snprintf(port, sizeof port, "%u", (unsigned)(all & 0xffff));
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found;
    if (getaddrinfo(host, port, &hints, &found) != 0)
        return 3;
    int t = socket(found->ai_family, found->ai_socktype, found->ai_protocol);
    if (connect(t, found->ai_addr, found->ai_addrlen) < 0)
        return 4;
    freeaddrinfo(found);
    return write(t, "hello", 5) != 5;
}
