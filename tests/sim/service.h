/* The simulated Magento as a whole: what answers a request that the server has received. */
#ifndef AMSYNC_SIM_SERVICE_H
#define AMSYNC_SIM_SERVICE_H

#include "sim/auth.h"
#include "sim/catalogue.h"
#include "sim/faults.h"
#include "sim/journal.h"
#include "sim/server.h"
#include "sim/shop.h"

struct service {
    struct shop *shop;
    struct catalogue *catalogue;
    struct auth *auth;
    struct journal *journal;
    struct faults *faults;
    bool strict;        /* a body that does not fit the schema is refused with 400 */
    bool maintenance;   /* everything is answered with Magento's maintenance page */
    unsigned delay_ms;  /* how long every call takes */
    unsigned in_flight; /* calls that are being handled */
};

/* For server_start; `service` must outlive the server. */
struct server_handler service_handler(struct service *service);

#endif
