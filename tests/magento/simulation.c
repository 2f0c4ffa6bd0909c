#include "simulation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"

struct simulation
simulation_start(void)
{
    const char *program = getenv("AMSYNC_TEST_MAGENTO_SIM");
    struct simulation simulation = {0};
    int ends[2];
    char line[128] = "";

    if (program == NULL || pipe(ends) != 0)
        fail_msg("AMSYNC_TEST_MAGENTO_SIM must name the program magento-sim");
    simulation.pid = fork();
    assert_int_not_equal(simulation.pid, -1);
    if (simulation.pid == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)close(ends[0]);
        (void)execl(program, program, "--port", "0", "--token", "token", "--strict", (char *)NULL);
        _exit(127);
    }
    (void)close(ends[1]);

    FILE *output = fdopen(ends[0], "r");
    const char *address;

    assert_non_null(output);
    assert_non_null(fgets(line, sizeof(line), output));
    (void)fclose(output);
    address = strstr(line, "127.0.0.1:");
    assert_non_null(address);
    (void)snprintf(simulation.url, sizeof(simulation.url), "http://%.*s",
                   (int)strcspn(address, "\""), address);
    return simulation;
}

void
simulation_stop(struct simulation *simulation)
{
    if (simulation->pid == 0)
        return;
    (void)kill(simulation->pid, SIGTERM);
    (void)waitpid(simulation->pid, NULL, 0);
    simulation->pid = 0;
}

static size_t
append(char *bytes, size_t size, size_t count, void *context)
{
    buffer_append(context, bytes, size * count);
    return size * count;
}

json_t *
simulation_control(const struct simulation *simulation, const char *path, const char *body)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer answer = BUFFER_INITIAL((size_t)16 * 1024 * 1024);
    char url[256];
    long status = 0;
    CURL *curl = curl_easy_init();

    assert_non_null(curl);
    (void)snprintf(url, sizeof(url), "%s/_sim/%s", simulation->url, path);
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    if (body != NULL)
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    assert_int_equal(curl_easy_perform(curl), CURLE_OK);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    if (status != 200)
        fail_msg("%s answers %ld: %s", path, status, buffer_text(&answer));

    json_t *json = json_loads(buffer_text(&answer), JSON_DECODE_ANY, NULL);

    assert_non_null(json);
    return json;
}

void
simulation_fault(const struct simulation *simulation, const char *rule)
{
    char rules[1024];

    (void)snprintf(rules, sizeof(rules), "[%s]", rule);
    json_decref(simulation_control(simulation, "faults", rules));
}

int64_t
simulation_requests(const struct simulation *simulation, const char *method_and_path)
{
    json_t *requests = simulation_control(simulation, "requests?last=1", NULL);
    const char *name;
    json_t *count;
    int64_t sum = 0;

    json_object_foreach(json_object_get(requests, "counts"), name, count)
    {
        const char *status = strrchr(name, ' ');

        if (status != NULL && strncmp(name, method_and_path, (size_t)(status - name)) == 0 &&
            method_and_path[status - name] == '\0')
            sum += json_integer_value(count);
    }
    json_decref(requests);
    return sum;
}
