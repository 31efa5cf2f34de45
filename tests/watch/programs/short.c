/* Reads and writes of each kind under the rule `short`: that few bytes move, and that nothing else is any different. Its exit
   status is 0, or the number of the check that failed. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define CHECK(number, condition) do { if (!(condition)) _exit(number); } while (0)

static char zeros[65536];

static void pair(int family, int type, int ends[2])
{
    if (family == AF_UNIX) {
        CHECK(1, socketpair(AF_UNIX, type, 0, ends) == 0);
        return;
    }
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof name;
    CHECK(2, bind(listener, (struct sockaddr *)&name, length) == 0 && listen(listener, 1) == 0);
    CHECK(3, getsockname(listener, (struct sockaddr *)&name, &length) == 0);
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(4, connect(ends[0], (struct sockaddr *)&name, length) == 0);
    ends[1] = accept(listener, NULL, NULL);
    close(listener);
}

/* The sizes of the pieces: what is written comes to be read in them, whichever calls do it. */
static const int sizes[] = {1, 3, 7, 31, 1, 3, 7, 127, 1, 3, 7, 1021, 1, 3, 7, 8191, 1, 3, 7, 8191, 1};

#ifdef __x86_64__
/* The registers of arguments are the same after a call as before it. */
static long raw(long number, long a, long b, long c, long d)
{
    long result;
    register long r10 __asm__("r10") = d, r8 __asm__("r8") = 0, r9 __asm__("r9") = 0;
    long rdi = a, rsi = b, rdx = c;
    __asm__ volatile("syscall" : "=a"(result), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+r"(r10), "+r"(r8), "+r"(r9) : "0"(number) : "rcx", "r11", "memory");
    CHECK(5, rdi == a && rsi == b && rdx == c && r10 == d && r8 == 0 && r9 == 0);
    return result;
}
#elif defined __aarch64__
static long raw(long number, long a, long b, long c, long d)
{
    register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d, x4 __asm__("x4") = 0, x5 __asm__("x5") = 0;
    __asm__ volatile("svc 0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x8) : : "memory");
    CHECK(5, x1 == b && x2 == c && x3 == d && x4 == 0 && x5 == 0 && x8 == number); /* x0 has the result */
    return x0;
}
#else
static long raw(long number, long a, long b, long c, long d)
{
    long result = syscall(number, a, b, c, d, 0, 0);
    return result == -1 ? -errno : result;
}
#endif

static void plain(int family)
{
    int ends[2];
    char buffer[65536];
    pair(family, SOCK_STREAM, ends);
    int at = 0;
    for (unsigned n = 0; n < 8; n++)
        CHECK(10, raw(SYS_write, ends[0], (long)zeros, 300, 0) == sizes[n]);
    usleep(1000);
    for (unsigned n = 0; n < 4; n++) {
        memset(buffer, 'x', sizeof buffer);
        at = raw(n & 1 ? SYS_read : SYS_recvfrom, ends[1], (long)buffer, sizeof buffer, 0);
        CHECK(11, at == sizes[n] && buffer[at - 1] == 0 && buffer[at] == 'x');
    }
    CHECK(12, recv(ends[1], buffer, 2, MSG_WAITALL) == 2); /* as it was asked for */
    CHECK(13, recv(ends[1], buffer, 9, 0) == 2);           /* to the end of a piece: 1 and 1 of 3 had come */
    CHECK(14, recv(ends[1], buffer, 0, MSG_DONTWAIT) == 0);
    CHECK(15, raw(SYS_write, ends[0], (long)zeros, -1, 0) == -EFAULT);    /* nothing of an error is hidden */
    close(ends[0]);
    close(ends[1]);
}

static void shown(void)
{
    int ends[2], there = 0;
    char buffer[4096];
    pair(AF_UNIX, SOCK_STREAM, ends);
    for (int n = 0; n < 8; n++)
        CHECK(20, send(ends[0], zeros, sizes[n], 0) == sizes[n]);
    int seen = 0, sum = 0;
    for (int n = 0; n < 4; n++) { /* each look shows a piece more */
        seen = recv(ends[1], buffer, sizeof buffer, MSG_PEEK);
        sum += sizes[n];
        CHECK(21, seen == sum);
    }
    CHECK(22, recv(ends[1], buffer, 2, 0) == 2);
    CHECK(23, read(ends[1], buffer, sizeof buffer) == 40); /* no less than was shown */
    CHECK(24, ioctl(ends[1], FIONREAD, &there) == 0 && there == 138);
    CHECK(25, read(ends[1], buffer, sizeof buffer) == 138); /* and than was told */
    int low = 5;
    CHECK(26, setsockopt(ends[1], SOL_SOCKET, SO_RCVLOWAT, &low, sizeof low) == 0);
    CHECK(27, send(ends[0], zeros, 20, 0) == 1 && send(ends[0], zeros, 20, 0) == 3 && send(ends[0], zeros, 20, 0) == 7);
    CHECK(28, read(ends[1], buffer, sizeof buffer) == 5);
    close(ends[0]);
    close(ends[1]);
}

static void vectors(int family)
{
    int ends[2];
    char one[2], two[100], three[100];
    pair(family, SOCK_STREAM, ends);
    struct iovec out[4] = {{zeros, 0}, {zeros, 2}, {zeros, 50}, {zeros, 50}}, kept[4];
    memcpy(kept, out, sizeof out);
    for (int n = 0; n < 4; n++)
        CHECK(30, raw(SYS_writev, ends[0], (long)out, 4, 0) == sizes[n] && memcmp(kept, out, sizeof out) == 0);
    usleep(1000);
    struct iovec in[3] = {{one, 2}, {two, 100}, {three, 100}};
    for (int n = 0; n < 4; n++) {
        memset(one, 'x', 2), memset(two, 'x', 100);
        CHECK(31, raw(SYS_readv, ends[1], (long)in, 3, 0) == sizes[n] && one[0] == 0);
        CHECK(32, n == 0 ? one[1] == 'x' && two[0] == 'x' : two[sizes[n] - 3] == 0 && two[sizes[n] - 2] == 'x');
    }
    CHECK(33, raw(SYS_writev, ends[0], (long)out, 1025, 0) == -EINVAL);
    CHECK(34, raw(SYS_writev, ends[0], 8, 2, 0) == -EFAULT);
    close(ends[0]);
    close(ends[1]);
}

static void messages(int family)
{
    int ends[2];
    char buffer[300], control[64], name[64];
    pair(family, SOCK_STREAM, ends);
    struct iovec out = {zeros, 300}, in = {buffer, 300};
    struct msghdr header = {.msg_iov = &out, .msg_iovlen = 1}, kept = header;
    for (int n = 0; n < 8; n++)
        CHECK(40, raw(SYS_sendmsg, ends[0], (long)&header, MSG_NOSIGNAL, 0) == sizes[n] && memcmp(&header, &kept, sizeof header) == 0);
    usleep(1000);
    for (int n = 0; n < 8; n++) { /* what the kernel writes into a message is in the program's own */
        struct msghdr got = {
            .msg_iov = &in, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control,
            .msg_name = name, .msg_namelen = sizeof name, .msg_flags = 77,
        };
        CHECK(41, raw(SYS_recvmsg, ends[1], (long)&got, MSG_CMSG_CLOEXEC, 0) == sizes[n]);
        CHECK(42, got.msg_controllen == 0 && got.msg_namelen == 0 && got.msg_flags == MSG_CMSG_CLOEXEC);
        CHECK(43, got.msg_iov == &in && got.msg_iovlen == 1 && got.msg_control == control && in.iov_len == 300);
    }
    struct msghdr got = {.msg_iov = &in, .msg_iovlen = 1, .msg_flags = 77};
    CHECK(44, recvmsg(ends[1], &got, MSG_DONTWAIT) == -1 && errno == EAGAIN && got.msg_flags == 77);
    struct mmsghdr several[2] = {{.msg_hdr = header}, {.msg_hdr = header}};
    CHECK(45, sendmmsg(ends[0], several, 2, 0) == 1 && several[0].msg_len == 1 && several[1].msg_len == 0);
    usleep(1000);
    struct mmsghdr come[2] = {{.msg_hdr = {.msg_iov = &in, .msg_iovlen = 1}}, {.msg_hdr = {.msg_iov = &in, .msg_iovlen = 1}}};
    CHECK(46, recvmmsg(ends[1], come, 2, MSG_DONTWAIT, NULL) == 1 && come[0].msg_len == 1);
    close(ends[0]);
    close(ends[1]);
}

static void beside_data(void)
{
    int ends[2], here = 2;
    char buffer[100], room[CMSG_SPACE(sizeof here)] = {0}, come[CMSG_SPACE(sizeof here)];
    pair(AF_UNIX, SOCK_STREAM, ends);
    struct iovec out = {zeros, 100}, in = {buffer, 100};
    struct msghdr header = {.msg_iov = &out, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET, rights->cmsg_type = SCM_RIGHTS, rights->cmsg_len = CMSG_LEN(sizeof here);
    memcpy(CMSG_DATA(rights), &here, sizeof here);
    CHECK(50, sendmsg(ends[0], &header, 0) == 100); /* with its data whole */
    struct msghdr got = {.msg_iov = &in, .msg_iovlen = 1, .msg_control = come, .msg_controllen = sizeof come};
    CHECK(51, recvmsg(ends[1], &got, 0) == 1);
    rights = CMSG_FIRSTHDR(&got);
    CHECK(52, got.msg_controllen == CMSG_SPACE(sizeof here) && rights != NULL && rights->cmsg_type == SCM_RIGHTS);
    close(ends[0]);
    close(ends[1]);
}

static void let_be(void)
{
    int ends[2], pipes[2], file = memfd_create("file", 0);
    char buffer[500];
    pair(AF_UNIX, SOCK_DGRAM, ends);
    CHECK(60, send(ends[0], zeros, 300, 0) == 300 && recv(ends[1], buffer, 500, 0) == 300);
    pair(AF_UNIX, SOCK_SEQPACKET, ends);
    CHECK(61, send(ends[0], zeros, 300, 0) == 300 && recv(ends[1], buffer, 500, 0) == 300);
    CHECK(62, pipe(pipes) == 0 && write(pipes[1], zeros, 300) == 300 && read(pipes[0], buffer, 500) == 300);
    CHECK(63, write(file, zeros, 300) == 300 && pread(file, buffer, 500, 0) == 300);
    pair(AF_INET, SOCK_STREAM, ends);
    CHECK(64, send(ends[0], zeros, 5, MSG_OOB) == 5);
    close(ends[0]);
    close(ends[1]);
    pair(AF_UNIX, SOCK_STREAM, ends); /* who waits for changes must be able to tell from a short read that nothing is left */
    int epoll = epoll_create1(0);
    struct epoll_event edge = {.events = EPOLLIN | EPOLLOUT | EPOLLET};
    CHECK(65, epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &edge) == 0);
    CHECK(66, write(ends[0], zeros, 300) == 300);
    CHECK(67, fcntl(ends[1], F_SETFL, O_ASYNC) == 0 && read(ends[1], buffer, 500) == 300);
    close(ends[0]);
    close(ends[1]);
    pair(AF_UNIX, SOCK_STREAM, ends); /* who is shown other bytes than the next ones */
    int from = 2;
    CHECK(68, setsockopt(ends[1], SOL_SOCKET, SO_PEEK_OFF, &from, sizeof from) == 0);
    CHECK(69, write(ends[0], "a", 1) == 1 && write(ends[0], "bc", 2) == 2 && recv(ends[1], buffer, 9, MSG_PEEK) == 1);
    close(ends[0]);
    close(ends[1]);
}

static void from_files(void)
{
    int ends[2], pipes[2], file = memfd_create("file", 0);
    off_t at = 0;
    pair(AF_INET, SOCK_STREAM, ends);
    CHECK(70, ftruncate(file, 4000) == 0 && sendfile(ends[0], file, &at, 4000) == 1 && at == 1);
    CHECK(71, sendfile(ends[0], file, &at, 3999) == 3 && at == 4);
    CHECK(72, pipe(pipes) == 0 && write(pipes[1], zeros, 300) == 300);
    CHECK(73, splice(pipes[0], NULL, ends[0], NULL, 300, 0) == 7);
    usleep(1000);
    CHECK(74, splice(ends[1], NULL, pipes[1], NULL, 300, 0) == 1);
    close(ends[0]);
    close(ends[1]);
}

static int times;

static void handle(int number)
{
    (void)number;
    times++;
}

static void made_again(void)
{
    int ends[2];
    char buffer[500];
    pair(AF_UNIX, SOCK_STREAM, ends);
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &action, NULL);
    pid_t parent = getpid();
    if (fork() == 0) {
        usleep(30000);
        kill(parent, SIGUSR1);
        usleep(30000);
        _exit(write(ends[0], zeros, 4) == 1 && write(ends[0], zeros, 4) == 3 ? 0 : 1);
    }
    CHECK(80, raw(SYS_recvfrom, ends[1], (long)buffer, 500, 0) == 1 && times == 1);
    usleep(50000);
    CHECK(81, read(ends[1], buffer, 500) == 3);
}

static void again_and_again(void)
{
    int ends[2];
    char buffer[777];
    pair(AF_UNIX, SOCK_STREAM, ends);
    for (int times = 0; times < 100; times++)
        CHECK(90, recv(ends[1], buffer, sizeof buffer, MSG_DONTWAIT) == -1 && errno == EAGAIN);
    CHECK(91, write(ends[0], zeros, 1) == 1 && recv(ends[1], buffer, sizeof buffer, MSG_DONTWAIT) == 1);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    plain(AF_UNIX);
    plain(AF_INET);
    shown();
    vectors(AF_UNIX);
    vectors(AF_INET);
    messages(AF_UNIX);
    messages(AF_INET);
    beside_data();
    let_be();
    from_files();
    made_again();
    again_and_again();
    return 0;
}
