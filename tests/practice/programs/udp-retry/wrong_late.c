/* fails at: it is asked again, for no answer has come */
/* told: after the time before: wait no longer than the task says */
/* Waits four times as long as it should. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int main(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(8080)};
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    if (s < 0 || connect(s, (struct sockaddr *)&to, sizeof to) < 0)
        return 2;
    for (char number = '1'; number <= '3'; number++) {
        char question[2] = {number, '?'}, answer[100];
        int times = 0;
        for (;;) {
            if (times++ == 3) {
                puts("no answer");
                return 1;
            }
            send(s, question, 2, 0);
            struct pollfd one = {.fd = s, .events = POLLIN};
            ssize_t n = 0;
            while (poll(&one, 1, 1600) > 0) {
                n = recv(s, answer, sizeof answer, 0);
                if (n > 1 && answer[0] == number)
                    break;
                n = 0;
            }
            if (n > 0) {
                printf("%.*s\n", (int)n, answer);
                break;
            }
        }
    }
    return 0;
}
