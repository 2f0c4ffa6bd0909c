/* Settings that are taken can be printed, and what is printed is taken again and means the same. */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/settings.h"
#include "fuzz.h"

#define MAX_ENTRIES 256
#define OUTPUT_BYTES ((size_t)1 << 20)

/* The lines of `text`, which is changed, as an environment; none that names a file to read. */
static enum result
load(char *text, struct settings *ret_settings, struct error *err)
{
    char *environment[MAX_ENTRIES + 1] = {NULL};
    char *rest = text;
    size_t count = 0;

    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        if (count < MAX_ENTRIES && strstr(line, "_FILE=") == NULL)
            environment[count++] = line;
    }
    return settings_load(environment, SETTINGS_ALL, NULL, NULL, ret_settings, err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AMSYNC_CLEANUP(cleanup_free) char *text = fuzz_text(data, size);
    AMSYNC_CLEANUP(cleanup_free) char *printed_copy = NULL;
    AMSYNC_CLEANUP(settings_finish) struct settings settings = {0};
    AMSYNC_CLEANUP(settings_finish) struct settings again = {0};
    AMSYNC_CLEANUP(buffer_free) struct buffer printed = BUFFER_INITIAL(OUTPUT_BYTES);
    AMSYNC_CLEANUP(buffer_free) struct buffer second = BUFFER_INITIAL(OUTPUT_BYTES);
    AMSYNC_CLEANUP(buffer_free) struct buffer json = BUFFER_INITIAL(OUTPUT_BYTES);
    struct error err = {0};

    if (load(text, &settings, &err) != RESULT_OK) {
        fuzz_require(strncmp(err.text, "AMSYNC_", 7) == 0 || strncmp(err.text, "both ", 5) == 0,
                     "a refusal names the variable");
        return 0;
    }
    settings_print(&settings, SETTINGS_ALL, &printed);
    fuzz_require(settings_print_json(&settings, SETTINGS_ALL, &json) == RESULT_OK,
                 "settings that are taken can be shown as JSON");
    printed_copy = strdup(buffer_text(&printed));
    fuzz_require(printed_copy != NULL && load(printed_copy, &again, &err) == RESULT_OK,
                 "what is printed is taken");
    settings_print(&again, SETTINGS_ALL, &second);
    fuzz_require(strcmp(buffer_text(&printed), buffer_text(&second)) == 0,
                 "it is printed again as it was");
    return 0;
}
