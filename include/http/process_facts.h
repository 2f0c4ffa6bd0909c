/*
 * What the system tells of this process. Any thread; no call waits.
 */
#ifndef AMSYNC_HTTP_PROCESS_FACTS_H
#define AMSYNC_HTTP_PROCESS_FACTS_H

#include <stdint.h>

/* Each is 0 when it cannot be found out, which none of them is otherwise. */
struct process_facts {
    uint64_t cpu_us; /* of all threads, in user and system mode */
    uint64_t resident_bytes;
    uint64_t open_fds;
    uint64_t max_fds; /* the soft limit */
};

struct process_facts process_facts_read(void);

#endif
