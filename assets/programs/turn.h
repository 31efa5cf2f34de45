/* turn.h: the programs of a lesson take turns, so that every line runs when the lesson runs it.

   A turn is a few lines of one program. turn(5) lets the program go on when turns 1 to 4 are over, or asleep in a call before
   which may_sleep() stands. The programs tell one another by symbolic links in the directory "turns", each naming a process:
   5.begun, 5.sleeps, 5.over. A link takes no descriptor, so a program's first socket is descriptor 3, as it should be. */
#ifndef TURN_H
#define TURN_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifndef DEADLINE
#define DEADLINE 120 /* after so many seconds without a turn a program gives up; 0: never */
#endif
#ifndef PATIENCE
#define PATIENCE 0 /* a call that waits longer for what the lesson's wire does is interrupted; 0: there is no wire */
#endif

static int turn_now, turn_owner;    /* the turn that this program has, and the process that has it */
static time_t turn_limit;           /* when it gives up */

static inline const char *turn_link(int turn, const char *state)
{
    static char path[40];
    snprintf(path, sizeof path, "turns/%d.%s", turn, state);
    return path;
}

/* Tells the others that our turn has begun, may sleep or is over. */
static inline void turn_tell(const char *state)
{
    char pid[20];
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    if (symlink(pid, turn_link(turn_now, state)) == -1) {
        perror(turn_link(turn_now, state)); /* does this program run twice? */
        exit(1);
    }
}

/* The process that told so; 0 where none did. */
static inline int turn_told(int turn, const char *state)
{
    char pid[20] = "";
    return readlink(turn_link(turn, state), pid, sizeof pid - 1) == -1 ? 0 : atoi(pid);
}

/* How often a process has fallen asleep so far, if it sleeps now; -1 where it runs, 0 where it has ended. */
static inline long turn_sleeps(int pid)
{
    char path[40], text[4096];
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    int fd = open(path, O_RDONLY);
    if (fd == -1)
        return errno == ENOENT ? 0 : -1;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    text[length < 0 ? 0 : length] = '\0';
    const char *state = strstr(text, "\nState:\t"), *count = strstr(text, "\nvoluntary_ctxt_switches:\t");
    if (state == NULL || count == NULL)
        return -1;
    if (strchr("ZX", state[8]) != NULL)
        return 0;
    return strchr("ST", state[8]) != NULL ? 1 + atol(strchr(count, '\t')) : -1;
}

/* 0: every turn before n is over. -1: one has not begun, or runs. Else they sleep, and the number changes when one wakes. */
static inline long turns_at_rest(int n)
{
    long all = 0;
    for (int turn = n - 1; turn > 0; turn--) { /* what is waited for is mostly the last one's beginning */
        int pid = turn_told(turn, "begun");
        long sleeps = turn_told(turn, "over") ? 0 : pid ? turn_sleeps(pid) : -1;
        if (sleeps == -1 || (sleeps > 0 && !turn_told(turn, "sleeps")))
            return -1;
        all += sleeps;
    }
    return all;
}

static inline void turns_nap(long milliseconds)
{
    struct timespec nap = {.tv_nsec = milliseconds * 1000000};
    nanosleep(&nap, NULL);
}

/* Waits until every turn before n is over or asleep: in two looks the same sleep. */
static inline void turns_wait(int n)
{
    static int seen; /* the directory: when it goes, the lesson has ended */
    long before, now = -1;
    do {
        before = now;
        now = turns_at_rest(n);
        int there = access("turns", F_OK) == 0; /* asked once: it may go between two looks */
        if (seen && !there)
            exit(n <= TURNS); /* 1: before its time */
        seen = there;
        if (now != 0)
            turns_nap(now == -1 ? 5 : 30);
    } while (now == -1 || (now > 0 && now != before));
}

static inline void turns_remove(void)
{
    for (int turn = 1; turn <= TURNS; turn++) {
        unlink(turn_link(turn, "begun"));
        unlink(turn_link(turn, "sleeps"));
        unlink(turn_link(turn, "over"));
    }
    rmdir("turns");
}

/* Ends the lesson: removes the directory, then wakes whom the lesson leaves asleep. */
static inline void turns_end(void)
{
    int asleep[TURNS + 1];
    for (int turn = 1; turn <= TURNS; turn++)
        asleep[turn] = turn_told(turn, "over") ? 0 : turn_told(turn, "begun");
    turns_remove();
    for (int turn = 1; turn <= TURNS; turn++)
        for (int tries = 0; tries < 100 && asleep[turn] != 0 && asleep[turn] != getpid(); tries++) {
            if (turn_sleeps(asleep[turn]) == 0 || kill(asleep[turn], SIGALRM) == -1)
                break;
            turns_nap(10); /* again, if it came just before the call fell asleep */
        }
}

static inline void turn_complain(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) == -1)
        _exit(2);
}

/* The alarm: somebody ended the lesson while we slept, the wire is not there, or nothing went on for too long. */
static inline void turns_alarm(int number)
{
    (void)number;
    int before = errno;
    if (access("turns", F_OK) == -1)
        _exit(0);
    if (PATIENCE > 0 && time(NULL) < turn_limit) {
        turn_complain("no wire is here to lose or hold packets: a call that waits for that is interrupted\n");
        alarm(PATIENCE);
        errno = before;
        return; /* and the call gives EINTR */
    }
    turns_end();
    turn_complain("the lesson did not go on: is every program running?\n");
    _exit(1);
}

/* Where there is no wire: the alarm comes in so many seconds. */
static inline void turn_hurry(unsigned seconds)
{
    if (DEADLINE > 0 && PATIENCE > 0)
        alarm(seconds);
}

/* What comes next is turn n of the lesson. */
static inline void turn(int n)
{
    if (turn_now != 0 && turn_owner == getpid())
        turn_tell("over");
    if (DEADLINE > 0) {
        struct sigaction action = {.sa_handler = turns_alarm}; /* without SA_RESTART: a call that it wakes gives EINTR */
        sigaction(SIGALRM, &action, NULL);
        turn_limit = time(NULL) + DEADLINE;
        alarm(DEADLINE);
    }
    if (n == 1) {
        turns_remove(); /* what an interrupted run may have left */
        mkdir("turns", 0777);
    }
    turns_wait(n);
    turn_now = n;
    turn_owner = getpid();
    if (n <= TURNS)
        turn_tell("begun");
    turn_hurry(PATIENCE);
}

/* The next call may sleep: the turns of the other programs go on meanwhile. */
static inline void may_sleep(void)
{
    turn_tell("sleeps");
    turn_hurry(DEADLINE); /* it need not */
}

/* Waits until turn n is over, however long it sleeps. */
static inline void over(int n)
{
    turn_hurry(DEADLINE);
    long patience = PATIENCE * 1000L;
    while (!turn_told(n, "over")) {
        int pid = turn_told(n, "begun");
        if (pid != 0 && turn_sleeps(pid) == 0)
            break;
        if (PATIENCE > 0 && pid != 0 && (patience -= 5) <= 0) {
            patience = PATIENCE * 1000L;
            kill(pid, SIGALRM); /* it waits for the wire */
        }
        turns_nap(5);
    }
    turn_hurry(PATIENCE);
}

/* No more lines: waits for the end of the lesson, since until then the others may need what this program has open. */
static inline void finish(void)
{
    turn(TURNS + 1);
    turns_end();
}

#endif
