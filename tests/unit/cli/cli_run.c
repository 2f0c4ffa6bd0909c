#include "cli_run.h"

#include <stdlib.h>
#include <string.h>

#define MAX_WORDS 16

void
cli_outcome_free(struct cli_outcome *outcome)
{
    free(outcome->out);
    free(outcome->err);
}

struct cli_outcome
run_line(const struct cli_command *const *commands, const char *line, char *const *environment)
{
    struct cli_outcome outcome = {0};
    size_t size;
    FILE *out = open_memstream(&outcome.out, &size);
    FILE *err = open_memstream(&outcome.err, &size);
    char *words = strdup(line);
    char *rest = words;
    char *argv[MAX_WORDS + 1] = {NULL};
    int argc = 0;

    if (out == NULL || err == NULL || words == NULL)
        abort();
    for (char *word = strsep(&rest, " "); word != NULL && argc < MAX_WORDS;
         word = strsep(&rest, " ")) {
        if (word[0] == '\0')
            continue;
        argv[argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
    }
    outcome.exit_code = cli_run(commands, argc, argv, environment, out, err);
    (void)fclose(out);
    (void)fclose(err);
    free(words);
    return outcome;
}
