/* Handlers of signals that make calls while one is interrupted: they come back, or jump. A child sends each signal once its
 * parent sleeps. Then calls that are odd and allowed. */
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int pair[2], bell[2];
static sigjmp_buf back;
static char byte[8];

static void rings(int number)
{
    (void)number;
    send(bell[0], "f", 1, 0);
    recv(bell[1], byte, 1, 0);
}

static void answers(int number)
{
    rings(number);
    send(pair[1], "a", 1, 0);
}

static void jumps(int number)
{
    (void)number;
    siglongjmp(back, 1);
}

static void when_asleep(int number)
{
    pid_t parent = getpid();
    if (fork() != 0)
        return;
    for (;;) {
        char path[40], state[400] = "";
        snprintf(path, sizeof path, "/proc/%d/stat", parent);
        int file = open(path, O_RDONLY);
        if (read(file, state, sizeof state - 1) < 0)
            _exit(1);
        close(file);
        char *end = strrchr(state, ')');
        if (end != NULL && end[2] == 'S')
            break;
        usleep(2000);
    }
    kill(parent, number);
    _exit(0);
}

static void receives(void)
{
    recv(pair[0], byte, 1, 0);
}

int main(void)
{
    struct sigaction action = {.sa_flags = SA_RESTART};
    signal(SIGCHLD, SIG_IGN);
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    socketpair(AF_UNIX, SOCK_STREAM, 0, bell);

    action.sa_handler = answers; /* made again: one recv of the pair, and the handler's calls within it */
    sigaction(SIGUSR1, &action, NULL);
    when_asleep(SIGUSR1);
    receives();

    action.sa_flags = 0; /* fails with EINTR, after what its handler has made */
    action.sa_handler = rings;
    sigaction(SIGUSR1, &action, NULL);
    when_asleep(SIGUSR1);
    receives();

    action.sa_handler = jumps; /* left by a jump, and called again from the same place: two calls */
    sigaction(SIGUSR1, &action, NULL);
    if (sigsetjmp(back, 1) == 0)
        when_asleep(SIGUSR1);
    else
        send(pair[1], "b", 1, 0);
    receives();

    struct iovec absurd = {byte, 0x8000000000000000u};
    writev(pair[1], &absurd, 1);
    absurd.iov_len = (size_t)-1;
    writev(pair[1], &absurd, 1);

    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof here;
    bind(listener, (void *)&here, sizeof here);
    listen(listener, 1);
    getsockname(listener, (void *)&here, &length);
    connect(client, (void *)&here, sizeof here);
    getsockname(client, (void *)&here, &length);
    accept(listener, NULL, NULL);

    static struct pollfd many[300];
    for (int i = 0; i < 300; i++)
        many[i] = (struct pollfd){.fd = i < 299 ? 0 : client, .events = i < 299 ? 0 : POLLOUT};
    poll(many, 300, 0);
    return 0;
}
