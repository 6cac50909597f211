/*
 * Stands between a process and the C library: logs the calls on the files of a directory, and answers some with an error.
 *
 *   gcc -shared -fPIC -O1 -o faultshim.so faultshim.c
 *   VARVE_SHIM_LOG=/file LD_PRELOAD=./faultshim.so java ...
 *
 * The log has a line a call: its name, the name of the file without the directory, the result (or minus the error). The program
 * tells what to do by opening files that cannot be there:
 *
 *   /varve-shim/directory,DIRECTORY           watches the files of this directory
 *   /varve-shim/CALL,SUFFIX,NTH,TIMES,EFFECT  the NTH call of this name from now on, on a file whose name ends in SUFFIX (* for
 *                                             any), and TIMES - 1 more meet EFFECT: an errno, or "short" for half a write
 *   /varve-shim/heal                          forgets all of these
 *   /varve-shim/note,WORD                     writes a line into the log
 *
 * The calls are open, create (an open that may create), pread, pwrite, fsync, fdatasync, ftruncate, rename and unlink: those with
 * which a JVM on Linux does what it is asked to do with files. Commands are given while nothing else is going on.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define MAX_RULES 16
#define SHORT (-1)

struct rule {
    char call[32];
    char suffix[128];
    long skip;
    long times;
    int effect;
};

static struct rule rules[MAX_RULES];
static int rule_count;
static char directory[PATH_MAX];
static int log_fd = -1;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static const char COMMANDS[] = "/varve-shim/";

static void write_line(const char *line) {
    pthread_mutex_lock(&mutex);
    if (log_fd < 0) {
        const char *path = getenv("VARVE_SHIM_LOG");
        if (path != NULL) {
            log_fd = (int) syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        }
    }
    if (log_fd >= 0 && syscall(SYS_write, log_fd, line, strlen(line)) < 0) {
        abort();
    }
    pthread_mutex_unlock(&mutex);
}

/* The name of a file in the directory; NULL if it is elsewhere; "." for the directory itself. */
static const char *ours(const char *path) {
    size_t length = strlen(directory);
    if (length == 0 || path == NULL || strncmp(path, directory, length) != 0) {
        return NULL;
    }
    if (path[length] == '\0') {
        return ".";
    }
    return path[length] == '/' ? path + length + 1 : NULL;
}

static const char *ours_by_fd(int fd, char *buffer, size_t size) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, buffer, size - 1);
    if (n < 0) {
        return NULL;
    }
    buffer[n] = '\0';
    return ours(buffer);
}

static int ends_with(const char *name, const char *suffix) {
    size_t n = strlen(name), s = strlen(suffix);
    return strcmp(suffix, "*") == 0 || (n >= s && strcmp(name + n - s, suffix) == 0);
}

/* The effect that a call meets: 0 for none. */
static int effect(const char *call, const char *name) {
    int result = 0;
    pthread_mutex_lock(&mutex);
    for (int i = 0; i < rule_count && result == 0; i++) {
        struct rule *rule = &rules[i];
        if (strcmp(rule->call, call) == 0 && ends_with(name, rule->suffix)) {
            if (rule->skip > 0) {
                rule->skip--;
            } else if (rule->times > 0) {
                rule->times--;
                result = rule->effect;
            }
        }
    }
    pthread_mutex_unlock(&mutex);
    return result;
}

static void note(const char *call, const char *name, long result) {
    char line[PATH_MAX + 128];
    snprintf(line, sizeof line, "%s %s %ld\n", call, name, result < 0 ? -(long) errno : result);
    int saved = errno;
    write_line(line);
    errno = saved;
}

static void command(const char *words) {
    if (strcmp(words, "heal") == 0) {
        pthread_mutex_lock(&mutex);
        rule_count = 0;
        pthread_mutex_unlock(&mutex);
    } else if (strncmp(words, "directory,", 10) == 0) {
        snprintf(directory, sizeof directory, "%s", words + 10);
    } else if (strncmp(words, "note,", 5) == 0) {
        char line[PATH_MAX];
        snprintf(line, sizeof line, "%s\n", words + 5);
        write_line(line);
    } else {
        struct rule rule;
        char what[32];
        long nth;
        if (sscanf(words, "%31[^,],%127[^,],%ld,%ld,%31s", rule.call, rule.suffix, &nth, &rule.times, what) != 5) {
            abort();
        }
        rule.skip = nth - 1;
        rule.effect = strcmp(what, "short") == 0 ? SHORT : atoi(what);
        pthread_mutex_lock(&mutex);
        if (rule_count == MAX_RULES) {
            abort();
        }
        rules[rule_count++] = rule;
        pthread_mutex_unlock(&mutex);
    }
}

/*
 * Answers a call on a file: with the error that a rule says, or with what the kernel says. Here e is SHORT if half of the bytes
 * are to go.
 */
#define ANSWER(label, file, kernel) \
    const char *name = file; \
    int e = name == NULL ? 0 : effect(label, name); \
    long result = e > 0 ? (errno = e, -1) : (kernel); \
    if (name != NULL) { \
        note(label, name, result); \
    } \
    return result

#define ANSWER_ON_FD(label, fd, kernel) \
    char path[PATH_MAX]; \
    ANSWER(label, ours_by_fd(fd, path, sizeof path), kernel)

static size_t bytes_of(size_t count, int e) {
    return e == SHORT && count > 1 ? count / 2 : count;
}

int fsync(int fd) {
    ANSWER_ON_FD("fsync", fd, syscall(SYS_fsync, fd));
}

int fdatasync(int fd) {
    ANSWER_ON_FD("fdatasync", fd, syscall(SYS_fdatasync, fd));
}

int ftruncate64(int fd, off64_t length) {
    ANSWER_ON_FD("ftruncate", fd, syscall(SYS_ftruncate, fd, length));
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t position) {
    ANSWER_ON_FD("pwrite", fd, syscall(SYS_pwrite64, fd, bytes, bytes_of(count, e), position));
}

ssize_t pread64(int fd, void *bytes, size_t count, off64_t position) {
    ANSWER_ON_FD("pread", fd, syscall(SYS_pread64, fd, bytes, bytes_of(count, e), position));
}

int rename(const char *from, const char *to) {
    ANSWER("rename", ours(to), syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

int unlink(const char *path) {
    ANSWER("unlink", ours(path), syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}

static int answer_open(const char *label, const char *path, int flags, mode_t mode) {
    ANSWER(label, ours(path), syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

int open64(const char *path, int flags, ...) {
    mode_t mode = 0;
    if ((flags & O_CREAT) != 0) {
        va_list arguments;
        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
    }
    if (strncmp(path, COMMANDS, sizeof COMMANDS - 1) == 0) {
        command(path + sizeof COMMANDS - 1);
        errno = ENOENT;
        return -1;
    }
    return answer_open((flags & O_CREAT) != 0 ? "create" : "open", path, flags | O_LARGEFILE, mode);
}
