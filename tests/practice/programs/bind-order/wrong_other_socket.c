/* fails at: it comes from 127.0.0.2, port 5000 */
/* told: names another socket than the one of connect(4, */
/* The name is one socket's, and another connects. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(5000)};
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(8080)};
    inet_pton(AF_INET, "127.0.0.2", &here.sin_addr);
    inet_pton(AF_INET, "127.0.0.1", &there.sin_addr);
    int named = socket(AF_INET, SOCK_STREAM, 0), s = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(named, (struct sockaddr *)&here, sizeof here) < 0)
        return 1;
    if (connect(s, (struct sockaddr *)&there, sizeof there) < 0)
        return 2;
    return write(s, "hello", 5) != 5;
}
