/* magento-sim: a Magento that answers as a recorded 2.4.7-p3 does. See sim/control.h. */
#include "base/cleanup.h"
#include "sim/server.h"
#include "sim/service.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_USAGE 2

struct options {
    const char *address;
    uint16_t port;
    const char *token;
    const char *products;
    const char *schema;
    const char *directory;
    const char *ledger;
    unsigned delay_ms;
    bool strict;
    bool without_bearer;
};

static const char usage[] =
    "usage: magento-sim [--listen ADDRESS] [--port N] [--token TOKEN] [--no-bearer]\n"
    "                   [--products FILE|auto] [--delay-ms N] [--ledger FILE] [--strict]\n"
    "                   [--schema FILE] [--directory FILE]\n"
    "Listens on 127.0.0.1, or on the IPv4 address given, and prints\n"
    "{\"listening\":\"ADDRESS:PORT\"} when ready.\n";

static bool
number(const char *text, unsigned long bound, unsigned long *ret_number)
{
    char *end = NULL;
    unsigned long parsed = strtoul(text, &end, 10);
    if (end == text || *end || parsed > bound)
        return false;
    *ret_number = parsed;
    return true;
}

/* False: *ret_exit_code is to be returned, and the usage has been printed. */
static bool
parse_options(int argc, char **argv, struct options *options, int *ret_exit_code)
{
    static const struct option names[] = {{"port", required_argument, NULL, 'p'},
                                          {"token", required_argument, NULL, 't'},
                                          {"no-bearer", no_argument, NULL, 'b'},
                                          {"products", required_argument, NULL, 'c'},
                                          {"delay-ms", required_argument, NULL, 'd'},
                                          {"ledger", required_argument, NULL, 'l'},
                                          {"strict", no_argument, NULL, 's'},
                                          {"schema", required_argument, NULL, 'm'},
                                          {"directory", required_argument, NULL, 'r'},
                                          {"listen", required_argument, NULL, 'a'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int option = 0;
    unsigned long value = 0;
    bool fits = true;
    while (fits && (option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (option == 'p' && (fits = number(optarg, UINT16_MAX, &value)))
            options->port = (uint16_t)value;
        else if (option == 'd' && (fits = number(optarg, 600000, &value)))
            options->delay_ms = (unsigned)value;
        else if (option == 't')
            options->token = optarg;
        else if (option == 'b')
            options->without_bearer = true;
        else if (option == 'c')
            options->products = optarg;
        else if (option == 'l')
            options->ledger = optarg;
        else if (option == 's')
            options->strict = true;
        else if (option == 'm')
            options->schema = optarg;
        else if (option == 'r')
            options->directory = optarg;
        else if (option == 'a')
            options->address = optarg;
        else if (option == 'h') {
            (void)fputs(usage, stdout);
            *ret_exit_code = EXIT_SUCCESS;
            return false;
        } else
            fits = false;
    }
    if (!fits || optind < argc) {
        (void)fputs(usage, stderr);
        *ret_exit_code = EXIT_USAGE;
    }
    return fits && optind == argc;
}

static void
configure_auth(struct auth *auth, const struct options *options)
{
    json_auto_t *settings = json_pack("{s:b,s:[{s:s}]}", "bearer", !options->without_bearer,
                                      "integrations", "token", options->token);
    auth_configure(auth, settings);
}

static enum result
build(const struct options *options, struct schema **schema, struct service *service,
      struct error *err)
{
    enum result result = schema_load(options->schema, schema, err);
    if (result == RESULT_OK)
        result = catalogue_load(options->products, options->directory, &service->catalogue, err);
    if (result != RESULT_OK)
        return result;
    service->shop = shop_new(*schema, service->catalogue);
    service->auth = auth_new();
    service->journal = journal_new();
    service->faults = faults_new();
    if (!service->faults || !service->shop || !service->auth || !service->journal)
        return error_result(err, RESULT_FAILED, "out of memory");
    configure_auth(service->auth, options);
    service->strict = options->strict;
    service->delay_ms = options->delay_ms;
    if (options->ledger) {
        service->shop->ledger = fopen(options->ledger, "ae");
        if (!service->shop->ledger)
            return error_result(err, RESULT_REJECTED, "%s: cannot write", options->ledger);
    }
    return RESULT_OK;
}

static enum result
serve(const struct options *options, struct service *service, struct error *err)
{
    struct server_handler handler = service_handler(service);
    struct server *server = NULL;
    enum result result = server_start(options->address, options->port, &handler, &server, err);
    if (result != RESULT_OK)
        return result;
    (void)printf("{\"listening\":\"%s:%u\"}\n", options->address, (unsigned)server_port(server));
    (void)fflush(stdout);
    server_run(server);
    server_stop(server);
    return RESULT_OK;
}

int
main(int argc, char **argv)
{
    struct options options = {.address = "127.0.0.1",
                              .token = AUTH_TOKEN,
                              .products = "auto",
                              .schema = MAGENTO_SCHEMA_FILE,
                              .directory = MAGENTO_DIRECTORY_FILE};
    int exit_code = EXIT_SUCCESS;
    if (!parse_options(argc, argv, &options, &exit_code))
        return exit_code;
    struct schema *schema = NULL;
    struct service service = {0};
    struct error err = {{0}};
    enum result result = build(&options, &schema, &service, &err);
    if (result == RESULT_OK)
        result = serve(&options, &service, &err);
    if (result != RESULT_OK)
        (void)fprintf(stderr, "magento-sim: %s\n", err.text);
    if (service.shop && service.shop->ledger)
        (void)fclose(service.shop->ledger);
    faults_free(service.faults);
    journal_free(service.journal);
    auth_free(service.auth);
    shop_free(service.shop);
    catalogue_free(service.catalogue);
    schema_free(schema);
    return result == RESULT_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
