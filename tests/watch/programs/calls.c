/* One of each call that is watched, in an order that is always the same: what strace and the tracer see of it can be compared. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sockaddr_in place;
static void *volatile nowhere = (void *)8;

static void *client(void *unused)
{
    int s = socket(AF_INET, SOCK_STREAM, 0);
    char b[16];
    connect(s, (void *)&place, sizeof place);
    write(s, "thread", 6);
    read(s, b, sizeof b);
    close(s);
    return unused;
}

static void beside(int a, int b)
{
    char room[CMSG_SPACE(sizeof(int))] = {0}, data[8];
    struct iovec v = {"fd", 2};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    int zero = 0;
    *c = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof zero), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(c), &zero, sizeof zero);
    sendmsg(a, &m, MSG_NOSIGNAL);
    v = (struct iovec){data, sizeof data};
    recvmsg(b, &m, MSG_CMSG_CLOEXEC);
}

static void vectors(int a, int b)
{
    char one[2], two[8];
    struct iovec out[] = {{"ab", 2}, {"cde", 3}}, in[] = {{one, 2}, {two, 8}};
    writev(a, out, 2);
    readv(b, in, 2);
    struct mmsghdr sent[2] = {{{.msg_iov = out, .msg_iovlen = 1}}, {{.msg_iov = out + 1, .msg_iovlen = 1}}};
    struct mmsghdr got[2] = {{{.msg_iov = in, .msg_iovlen = 1}}, {{.msg_iov = in + 1, .msg_iovlen = 1}}};
    sendmmsg(a, sent, 2, 0);
    recvmmsg(b, got, 2, 0, NULL);
}

static void waiting(int a, int b)
{
    struct pollfd p[] = {{b, POLLIN, 0}, {a, POLLIN | POLLOUT, 0}};
    struct timeval none = {0, 0};
    struct epoll_event e = {.events = EPOLLIN | EPOLLET, .data.u64 = 0x123456789abcULL}, got[4];
    fd_set set;
    poll(p, 2, 0);
    FD_ZERO(&set);
    FD_SET(a, &set);
    FD_SET(b, &set);
    select(b + 1, &set, NULL, NULL, &none);
    int list = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(list, EPOLL_CTL_ADD, b, &e);
    send(a, "x", 1, 0);
    epoll_wait(list, got, 4, 1000);
    e.events = EPOLLOUT;
    epoll_ctl(list, EPOLL_CTL_MOD, b, &e);
    epoll_ctl(list, EPOLL_CTL_DEL, b, NULL);
    close(list);
    recv(b, got, 1, MSG_DONTWAIT);
    recv(b, got, 1, MSG_DONTWAIT);
}

static void mistakes(int a)
{
    struct sockaddr_in bad = {.sin_family = AF_INET, .sin_port = htons(9)};
    send(a, nowhere, 10, MSG_NOSIGNAL);
    bind(a, nowhere, sizeof bad);
    setsockopt(a, SOL_SOCKET, SO_RCVBUF, nowhere, 4);
    send(77, "nobody", 6, 0);
    listen(77, 1);
    write(77, "x", 1);
    sendmsg(a, nowhere, 0);
    poll(nowhere, 1, 0);
    bind(a, (void *)&bad, 3);
}

static void handled(int number)
{
    (void)number;
}

static void interrupted(int a, int b)
{
    char c;
    struct itimerval soon = {.it_value = {0, 20000}}, again = {{0, 20000}, {0, 20000}}, never = {{0, 0}, {0, 0}};
    struct sigaction act = {.sa_handler = handled};
    sigaction(SIGALRM, &act, NULL);
    setitimer(ITIMER_REAL, &again, NULL); /* the first may come before there is anything to interrupt */
    recv(b, &c, 1, 0); /* EINTR */
    setitimer(ITIMER_REAL, &never, NULL);
    act.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &act, NULL);
    if (fork() == 0) {
        struct pollfd none = {.fd = -1};
        poll(&none, 0, 60);
        send(a, "y", 1, 0);
        _exit(3);
    }
    setitimer(ITIMER_REAL, &soon, NULL);
    recv(b, &c, 1, 0); /* made again by the kernel */
    wait(NULL);
}

int main(void)
{
    int s[2], on = 1, waits;
    socklen_t size = sizeof on, length = sizeof place;
    char data[64];
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s);
    beside(s[0], s[1]);
    vectors(s[0], s[1]);
    recv(s[1], data, sizeof data, MSG_DONTWAIT);
    waiting(s[0], s[1]);
    mistakes(s[0]);
    interrupted(s[0], s[1]);
    fcntl(s[0], F_SETFL, fcntl(s[0], F_GETFL) | O_NONBLOCK);
    ioctl(s[0], FIONREAD, &waits);
    ioctl(s[0], FIONBIO, &on);
    close(dup(s[0]));
    dup2(s[0], s[1] + 9);
    close(fcntl(s[0], F_DUPFD_CLOEXEC, 30));
    sendto(s[0], "to", 2, MSG_NOSIGNAL, NULL, 0);
    shutdown(s[0], SHUT_WR);
    while (recv(s[1], data, sizeof data, 0) > 0)
        ;

    int listener = socket(AF_INET, SOCK_STREAM, 0);
    place = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    getsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, &size);
    bind(listener, (void *)&place, sizeof place);
    getsockname(listener, (void *)&place, &length);
    listen(listener, 2);
    pthread_t thread;
    pthread_create(&thread, NULL, client, NULL);
    struct sockaddr_in peer;
    length = sizeof peer;
    int c = accept4(listener, (void *)&peer, &length, SOCK_CLOEXEC);
    recv(c, data, sizeof data, 0);
    int file = open("/proc/self/exe", O_RDONLY);
    sendfile(c, file, NULL, 4);
    close(file);
    close(c);
    pthread_join(thread, NULL);

    int u = socket(AF_INET, SOCK_DGRAM, 0);
    place.sin_port = 0;
    bind(u, (void *)&place, sizeof place);
    length = sizeof place;
    getsockname(u, (void *)&place, &length);
    sendto(u, "datagram", 8, 0, (void *)&place, sizeof place);
    length = sizeof peer;
    recvfrom(u, data, 4, MSG_TRUNC, (void *)&peer, &length);
    connect(u, (void *)&place, sizeof place);
    getpeername(u, (void *)&peer, &length);

    if (vfork() == 0) {
        execl("/bin/true", "true", (char *)NULL);
        _exit(1);
    }
    wait(NULL);
    puts("all called");
    return 0;
}
