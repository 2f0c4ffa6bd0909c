#include "http/open_files.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

enum result
open_files_allow(unsigned wanted, unsigned workers, unsigned *ret_allowed, struct error *err)
{
    const rlim_t reserve = OPEN_FILES_RESERVE + (rlim_t)workers * OPEN_FILES_PER_WORKER;
    const rlim_t needed = wanted + reserve;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return error_result(err, RESULT_FAILED, "getrlimit: %s", strerrordesc_np(errno));
    if (limit.rlim_cur < needed && limit.rlim_cur < limit.rlim_max) {
        rlim_t before = limit.rlim_cur;
        limit.rlim_cur = needed < limit.rlim_max ? needed : limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
            limit.rlim_cur = before;
    }
    if (limit.rlim_cur <= reserve)
        return error_result(
            err, RESULT_REJECTED,
            "only %llu files may be opened, more than %llu are needed: raise ulimit -n",
            (unsigned long long)limit.rlim_cur, (unsigned long long)reserve);
    *ret_allowed = limit.rlim_cur >= needed ? wanted : (unsigned)(limit.rlim_cur - reserve);
    return RESULT_OK;
}
