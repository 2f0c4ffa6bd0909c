#include "http/checker.h"

#include "base/cleanup.h"
#include "http/wakeup.h"

#include <pthread.h>

struct job_queue {
    struct check_job *first;
    struct check_job *last;
    size_t count;
};

struct checker {
    const struct settings *settings;
    int wakeup_fd; /* not owned */
    bool running;
    pthread_t thread;

    pthread_mutex_t lock; /* for all below */
    pthread_cond_t changed;
    struct job_queue waiting;
    struct job_queue done;
    bool stopping;
};

static void
queue_put(struct job_queue *queue, struct check_job *job)
{
    job->next = NULL;
    if (queue->last == NULL)
        queue->first = job;
    else
        queue->last->next = job;
    queue->last = job;
    queue->count++;
}

/* NULL when it is empty. */
static struct check_job *
queue_take(struct job_queue *queue)
{
    struct check_job *job = queue->first;

    if (job == NULL)
        return NULL;
    queue->first = job->next;
    if (queue->first == NULL)
        queue->last = NULL;
    queue->count--;
    return job;
}

/* NULL: the thread is to end. */
static struct check_job *
wait_for_job(struct checker *checker)
{
    (void)pthread_mutex_lock(&checker->lock);
    while (checker->waiting.count == 0 && !checker->stopping)
        (void)pthread_cond_wait(&checker->changed, &checker->lock);
    struct check_job *job = checker->stopping ? NULL : queue_take(&checker->waiting);
    (void)pthread_mutex_unlock(&checker->lock);
    return job;
}

static void *
checker_main(void *argument)
{
    struct checker *checker = argument;
    struct check_job *job;

    while ((job = wait_for_job(checker)) != NULL) {
        job->status = webhook_read_body(checker->settings, job->route, job->body, job->body_bytes,
                                        &job->notification, &job->detail);
        (void)pthread_mutex_lock(&checker->lock);
        queue_put(&checker->done, job);
        (void)pthread_mutex_unlock(&checker->lock);
        wakeup_send(checker->wakeup_fd);
    }
    return NULL;
}

enum result
checker_start(const struct settings *settings, int wakeup_fd, struct checker **ret_checker,
              struct error *err)
{
    AMSYNC_CLEANUP(checker_stop) struct checker *checker = calloc(1, sizeof(*checker));

    if (checker == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    checker->settings = settings;
    checker->wakeup_fd = wakeup_fd;
    (void)pthread_mutex_init(&checker->lock, NULL);
    (void)pthread_cond_init(&checker->changed, NULL);
    if (pthread_create(&checker->thread, NULL, checker_main, checker) != 0)
        return error_result(err, RESULT_FAILED, "no thread for checking large bodies");
    checker->running = true;
    *ret_checker = TAKE_PTR(checker);
    return RESULT_OK;
}

bool
checker_submit(struct checker *checker, struct check_job *job)
{
    (void)pthread_mutex_lock(&checker->lock);
    bool fits = checker->waiting.count < CHECKER_QUEUE_MAX;
    if (fits) {
        queue_put(&checker->waiting, job);
        (void)pthread_cond_signal(&checker->changed);
    }
    (void)pthread_mutex_unlock(&checker->lock);
    return fits;
}

struct check_job *
checker_take(struct checker *checker)
{
    (void)pthread_mutex_lock(&checker->lock);
    struct check_job *job = queue_take(&checker->done);
    (void)pthread_mutex_unlock(&checker->lock);
    return job;
}

void
checker_stop(struct checker **checker)
{
    if (*checker == NULL)
        return;
    if ((*checker)->running) {
        (void)pthread_mutex_lock(&(*checker)->lock);
        (*checker)->stopping = true;
        (void)pthread_cond_signal(&(*checker)->changed);
        (void)pthread_mutex_unlock(&(*checker)->lock);
        (void)pthread_join((*checker)->thread, NULL);
    }
    (void)pthread_cond_destroy(&(*checker)->changed);
    (void)pthread_mutex_destroy(&(*checker)->lock);
    free(*checker);
    *checker = NULL;
}
