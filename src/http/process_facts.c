#include "http/process_facts.h"

#include <dirent.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

static void
cleanup_dir(DIR **folder)
{
    if (*folder != NULL)
        (void)closedir(*folder);
}

static uint64_t
microseconds(const struct timeval *time)
{
    return (uint64_t)time->tv_sec * 1000000 + (uint64_t)time->tv_usec;
}

static uint64_t
cpu_us(void)
{
    struct rusage usage = {0};

    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return 0;
    return microseconds(&usage.ru_utime) + microseconds(&usage.ru_stime);
}

/* The second number of /proc/self/statm: pages (proc(5)). */
static uint64_t
resident_bytes(void)
{
    AMSYNC_CLEANUP(cleanup_close) int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    char text[128] = "";
    char *rest = text;
    int64_t pages = 0;

    if (file < 0 || read(file, text, sizeof(text) - 1) <= 0)
        return 0;
    (void)strsep(&rest, " ");

    const char *resident = strsep(&rest, " ");

    if (resident == NULL || parse_int64(resident, 0, INT64_MAX, &pages) != RESULT_OK)
        return 0;
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Without the one that this opens. */
static uint64_t
open_fds(void)
{
    AMSYNC_CLEANUP(cleanup_dir) DIR *folder = opendir("/proc/self/fd");
    const struct dirent *entry;
    uint64_t count = 0;

    if (folder == NULL)
        return 0;
    while ((entry = readdir(folder)) != NULL)
        count += entry->d_name[0] != '.';
    return count > 0 ? count - 1 : 0;
}

static uint64_t
max_fds(void)
{
    struct rlimit limit = {0};

    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (uint64_t)limit.rlim_cur : 0;
}

struct process_facts
process_facts_read(void)
{
    return (struct process_facts){
        .cpu_us = cpu_us(),
        .resident_bytes = resident_bytes(),
        .open_fds = open_fds(),
        .max_fds = max_fds(),
    };
}
