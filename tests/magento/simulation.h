/*
 * A simulated Magento as a process of the test's own, and its control API.
 */
#ifndef AMSYNC_TESTS_MAGENTO_SIMULATION_H
#define AMSYNC_TESTS_MAGENTO_SIMULATION_H

#include <jansson.h>
#include <stdint.h>
#include <sys/types.h>

struct simulation {
    pid_t pid;
    char url[64];
};

/* Starts the program that AMSYNC_TEST_MAGENTO_SIM names; ends it. */
struct simulation simulation_start(void);
void simulation_stop(struct simulation *simulation);

/* A call of its control API (tests/sim/control.h); `body` may be NULL for GET. The answer is the
 * caller's. */
json_t *simulation_control(const struct simulation *simulation, const char *path, const char *body);
/* Adds one rule (tests/sim/faults.h). */
void simulation_fault(const struct simulation *simulation, const char *rule);
/* How many requests "POST /V1/orders" and the like it has seen, whatever it answered. */
int64_t simulation_requests(const struct simulation *simulation, const char *method_and_path);

#endif
