/* show.h: prints what each call gave, in the words that the Python programs use. */
#ifndef SHOW_H
#define SHOW_H

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <wchar.h>

static const char *show_name = "program"; /* whose lines these are */

/* Says whose lines come from here on; each is written out at its end, so that several programs can share a terminal. */
static inline void program(const char *name)
{
    show_name = name;
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    fwide(stderr, -1); /* or perror(3) would take a descriptor for a moment, and might change errno */
}

/* NULL where a call succeeded; where it gave -1, the name of its errno. */
static inline const char *failure(long result)
{
    static char number[20];
#define NAME(error) case error: return #error
    switch (result == -1 ? errno : 0) {
    case 0: return NULL;
    NAME(EACCES); NAME(EADDRINUSE); NAME(EADDRNOTAVAIL); NAME(EAFNOSUPPORT); NAME(EAGAIN); NAME(EALREADY); NAME(EBADF);
    NAME(ECHILD); NAME(ECONNABORTED); NAME(ECONNREFUSED); NAME(ECONNRESET); NAME(EDESTADDRREQ); NAME(EEXIST); NAME(EFAULT);
    NAME(EHOSTUNREACH); NAME(EINPROGRESS); NAME(EINTR); NAME(EINVAL); NAME(EISCONN); NAME(ELOOP); NAME(EMFILE); NAME(EMSGSIZE);
    NAME(ENETUNREACH); NAME(ENOBUFS); NAME(ENOENT); NAME(ENOMEM); NAME(ENOPROTOOPT); NAME(ENOTCONN); NAME(ENOTSOCK);
    NAME(EOPNOTSUPP); NAME(EPERM); NAME(EPIPE); NAME(EPROTONOSUPPORT); NAME(EPROTOTYPE); NAME(ESOCKTNOSUPPORT);
    NAME(ESPIPE); NAME(ESRCH); NAME(ETIMEDOUT);
    }
#undef NAME
    snprintf(number, sizeof number, "errno %d", errno);
    return number;
}

/* Likewise for the functions of the resolver, which give a code of their own. */
static inline const char *resolver_failure(int code)
{
    switch (code) {
    case 0: return NULL;
    case EAI_AGAIN: return "EAI_AGAIN";
    case EAI_BADFLAGS: return "EAI_BADFLAGS";
    case EAI_FAIL: return "EAI_FAIL";
    case EAI_FAMILY: return "EAI_FAMILY";
    case EAI_NONAME: return "EAI_NONAME";
    case EAI_OVERFLOW: return "EAI_OVERFLOW";
    case EAI_SERVICE: return "EAI_SERVICE";
    case EAI_SOCKTYPE: return "EAI_SOCKTYPE";
    case EAI_SYSTEM: return failure(-1);
#ifdef EAI_ADDRFAMILY
    case EAI_ADDRFAMILY: return "EAI_ADDRFAMILY";
    case EAI_NODATA: return "EAI_NODATA";
#endif
    }
    return gai_strerror(code);
}

/* Prints "server: s.accept() -> 4, 127.0.0.1:40112", or "server: s.accept() -> -1 EINVAL" where the call failed. */
__attribute__((format(printf, 3, 4))) static inline void show(const char *line, const char *failed, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    printf("%s: %s -> ", show_name, line);
    if (failed == NULL)
        vprintf(format, values);
    else
        printf("-1 %s", failed);
    putchar('\n');
    va_end(values);
}

/* A number that is -1 where the call failed. */
static inline void show_number(const char *line, long result)
{
    show(line, failure(result), "%ld", result);
}

/* --- values as text; each is good until some more have been asked for --------------------------------------------- */

static inline char *text_room(void)
{
    static char room[16][2048];
    static unsigned next;
    room[next % 16][0] = '\0';
    return room[next++ % 16];
}

__attribute__((format(printf, 2, 3))) static inline void text_add(char *text, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vsnprintf(text + strlen(text), 2048 - strlen(text), format, values);
    va_end(values);
}

/* Quoted, as in C; of a long one the beginning. */
static inline const char *text_of_chars(const void *bytes, size_t length)
{
    char *text = text_room();
    text_add(text, "\"");
    for (size_t i = 0; i < length && i < 40; i++) {
        unsigned char byte = ((const unsigned char *)bytes)[i];
        if (byte < ' ' || byte > '~' || byte == '"' || byte == '\\')
            text_add(text, "\\x%02x", byte);
        else
            text_add(text, "%c", byte);
    }
    text_add(text, length > 40 ? "\"..." : "\"");
    return text;
}

/* How many bytes, and which: 5 b"hello". */
static inline const char *text_of_bytes(const void *bytes, long length)
{
    const char *chars = text_of_chars(bytes, length < 0 ? 0 : (size_t)length);
    char *text = text_room();
    text_add(text, "%ld b%s", length, chars);
    return text;
}

/* 127.0.0.1:8080, [::1]:8080, or the name of a UNIX socket. */
static inline const char *text_of_address(const struct sockaddr *address, socklen_t length)
{
    char host[INET6_ADDRSTRLEN] = "", *text = text_room();
    if (length == 0)
        return "none";
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)address;
        text_add(text, "%s:%d", inet_ntop(AF_INET, &four->sin_addr, host, sizeof host), ntohs(four->sin_port));
    } else if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
        text_add(text, "[%s]:%d", inet_ntop(AF_INET6, &six->sin6_addr, host, sizeof host), ntohs(six->sin6_port));
    } else {
        const char *path = ((const struct sockaddr_un *)address)->sun_path;
        size_t room = length > offsetof(struct sockaddr_un, sun_path) ? length - offsetof(struct sockaddr_un, sun_path) : 0;
        if (room > 0 && path[0] == '\0')
            return text_of_bytes(path, (long)room); /* an abstract name */
        return text_of_chars(path, strnlen(path, room));
    }
    return text;
}

static inline const char *text_of_numbers(const int *numbers, int count)
{
    char *text = text_room();
    for (int i = 0; i < count; i++)
        text_add(text, "%s%d", i ? " " : "", numbers[i]);
    char *list = text_room();
    text_add(list, "[%s]", text);
    return list;
}

/* What poll(2) found ready: each descriptor with its events. */
static inline const char *text_of_polled(const struct pollfd *ready, int count)
{
    char *text = text_room();
    for (int i = 0; i < count; i++)
        text_add(text, "%s%d:%d", i ? " " : "[", ready[i].fd, ready[i].revents);
    text_add(text, count > 0 ? "]" : "[]");
    return text;
}

static inline const char *text_of_events(const struct epoll_event *ready, int count)
{
    char *text = text_room();
    for (int i = 0; i < count; i++)
        text_add(text, "%s%d:%u", i ? " " : "[", ready[i].data.fd, ready[i].events);
    text_add(text, count > 0 ? "]" : "[]");
    return text;
}

/* What came beside the data: the level and the type of each control message. */
static inline const char *text_of_control(struct msghdr *message)
{
    char *text = text_room();
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL; header = CMSG_NXTHDR(message, header))
        text_add(text, "%s%d:%d", text[0] ? " " : "[", header->cmsg_level, header->cmsg_type);
    text_add(text, text[0] ? "]" : "[]");
    return text;
}

/* The list that getaddrinfo(3) gave: family, type, protocol and address of each entry. */
static inline const char *text_of_addrinfo(const struct addrinfo *entry)
{
    char *list = text_room();
    for (const char *start = "["; entry != NULL; entry = entry->ai_next, start = ", ")
        text_add(list, "%s%d/%d/%d %s", start, entry->ai_family, entry->ai_socktype, entry->ai_protocol,
            text_of_address(entry->ai_addr, entry->ai_addrlen));
    text_add(list, list[0] ? "]" : "[]");
    return list;
}

#endif
