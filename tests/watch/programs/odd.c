/* Calls that are wrong, or ask for what cannot be: all that the kernel is asked is told, and nothing else. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static void *volatile nowhere = (void *)8;
static volatile size_t absurd = (size_t)-1;
static volatile int many = 1025, negative = -5;

static void descriptors(void)
{
    int s[2], file = open("/dev/null", O_RDONLY);
    struct epoll_event event = {.events = EPOLLIN};
    close(negative);
    socketpair(AF_UNIX, SOCK_STREAM, 0, s);
    close(s[0]);
    close(s[0]);
    close(999);
    close(-1);
    dup2(file, s[1]);
    dup2(file, 60);
    close(s[1]);
    close(60);
    for (int fd = 100; fd < 120; fd++)
        close(fd);
    int list = epoll_create1(0);
    epoll_ctl(list, 77, file, &event);
    close(list);
    epoll_ctl(list, EPOLL_CTL_ADD, file, &event);
    epoll_wait(999, &event, 1, 0);
    sendfile(999, file, NULL, 1);
    socketpair(AF_UNIX, SOCK_STREAM, 0, s);
    dup2(s[1], 70);
    syscall(SYS_close_range, 71, 90, 0);
    syscall(SYS_close_range, 70, 80, 4);
    syscall(SYS_close_range, s[0], s[1], 0);
    dup3(file, 70, O_CLOEXEC);
    close(70);
    close(file);
}

static void lengths(void)
{
    int s[2], one = 1;
    char byte = 'x';
    struct iovec v[] = {{&byte, 1}, {nowhere, 5}};
    struct msghdr message = {.msg_iov = nowhere, .msg_iovlen = 3};
    struct sockaddr address = {.sa_family = AF_INET};
    socketpair(AF_UNIX, SOCK_STREAM, 0, s);
    send(s[0], &byte, absurd, MSG_NOSIGNAL);
    send(s[0], nowhere, 10, MSG_NOSIGNAL);
    send(s[0], nowhere, 0, 0);
    recv(s[1], &byte, absurd, MSG_DONTWAIT);
    sendmsg(s[0], nowhere, MSG_NOSIGNAL);
    recvmsg(s[1], nowhere, MSG_DONTWAIT);
    sendmsg(s[0], &message, 0);
    message = (struct msghdr){.msg_iov = v, .msg_iovlen = 2};
    sendmsg(s[0], &message, 0);
    writev(s[0], v, many);
    writev(s[0], v, negative);
    sendmmsg(s[0], nowhere, 5000, 0);
    setsockopt(s[0], SOL_SOCKET, SO_RCVBUF, &one, negative);
    setsockopt(s[0], SOL_SOCKET, SO_RCVBUF, nowhere, 4);
    bind(s[0], nowhere, 16);
    bind(s[0], &address, many);
    bind(s[0], &address, negative);
    sendfile(s[0], -1, NULL, absurd);
    send(s[0], "ab", 2, 0);
    recv(s[1], nowhere, 5, 0);
    read(s[1], nowhere, 1);
    getsockname(s[0], NULL, NULL);
    getsockopt(s[0], SOL_SOCKET, SO_ERROR, &one, nowhere);
    ioctl(s[0], 0x1234, 5);
    fcntl(s[0], 9999, 1);
    fcntl(200, F_GETFD); /* a shell's question: is it free? No socket has had it. */
    poll(nowhere, 5, 0);
    select(9, nowhere, NULL, NULL, NULL);
}

/* Sets of descriptors of which none is a socket's: told where one is an epoll's, or was a socket's. */
static void sets(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    int list = epoll_create1(0), lost = socket(AF_INET, SOCK_DGRAM, 0);
    struct pollfd both[] = {{list, POLLIN}, {lost, POLLIN}};
    fd_set set;
    epoll_ctl(list, EPOLL_CTL_ADD, lost, &event);
    poll(both, 1, 0);
    close(lost);
    poll(both + 1, 1, 0);
    FD_ZERO(&set);
    FD_SET(lost, &set);
    select(lost + 1, &set, NULL, NULL, NULL);
    both[1].fd = 400; /* no socket has had that number */
    poll(both + 1, 1, 0);
    close(list);
}

static int turns[2], dones[2], shared;

/* Another process makes of a number that two have something else. */
static int replaces(void *none)
{
    char byte;
    (void)none;
    for (int turn = 0; turn < 2; turn++) {
        if (read(turns[0], &byte, 1) < 1)
            return 1;
        close(shared);
        shared = turn ? socket(AF_INET6, SOCK_STREAM, 0) : open("/dev/zero", O_RDONLY);
        if (write(dones[1], &byte, 1) < 1)
            return 1;
    }
    return 0;
}

static void has_it_replaced(void)
{
    char byte = 'x';
    if (write(turns[1], &byte, 1) < 1 || read(dones[0], &byte, 1) < 1)
        _exit(1);
}

static void *has_its_own(void *nothing)
{
    unshare(CLONE_FILES);
    return nothing;
}

/* Descriptors that two processes share, and that a thread does not. */
static void sharing(void)
{
    static char stack[1 << 16];
    char byte;
    pthread_t thread;
    signal(SIGPIPE, SIG_IGN);
    if (pipe(turns) || pipe(dones))
        _exit(1);
    shared = socket(AF_INET, SOCK_STREAM, 0);
    listen(shared, 1);
    clone(replaces, stack + sizeof stack, CLONE_FILES | SIGCHLD, NULL);
    has_it_replaced();
    if (read(shared, &byte, 1) < 1) /* a file's */
        _exit(1);
    has_it_replaced();
    listen(shared, 2);
    wait(NULL);
    pthread_create(&thread, NULL, has_its_own, NULL);
    pthread_join(thread, NULL);
}

/* What no tracer sees, or what is refused to who is traced. */
static void out_of_sight(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_listen, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {4, code};
    char room[256] = {0};
    syscall(SYS_io_uring_setup, 1, room);
    syscall(SYS_io_setup, 1, NULL);
#ifdef __x86_64__
    for (int times = 0, got; times < 2; times++)
        __asm__ volatile("int $0x80" : "=a"(got) : "a"(359), "b"(AF_INET), "c"(SOCK_STREAM), "d"(0) : "memory");
#endif
    if (ptrace(PTRACE_TRACEME, 0, 0, 0) == 0)
        _exit(1);
    if (syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, 0, 0, 0, 0) == 0)
        _exit(socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0);
    wait(NULL);
    prctl(PR_SET_NAME, "odd");
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
    listen(socket(AF_INET, SOCK_STREAM, 0), 1);
}

int main(int count, char **words)
{
    (void)words;
    if (count > 1) {
        out_of_sight();
        return 0;
    }
    descriptors();
    lengths();
    sets();
    sharing();
    return 0;
}
