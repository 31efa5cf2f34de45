/* fails at: then the end of the stream */
/* told: it was sent by send(4, b'hello\x00') (wrong_one_more.c:16) */
/* A thread sends the five letters, and the NUL that ends them in memory. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

static const char said[] = "hello";

static void *serve(void *given)
{
    int c = *(int *)given;
    send(c, said, sizeof said, 0);
    close(c);
    return NULL;
}

int main(void)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(s, (struct sockaddr *)&here, sizeof here) < 0 || listen(s, 5) < 0)
        return 1;
    int c = accept(s, NULL, NULL);
    pthread_t thread;
    if (c < 0 || pthread_create(&thread, NULL, serve, &c) != 0)
        return 2;
    pthread_join(thread, NULL);
    close(s);
    return 0;
}
