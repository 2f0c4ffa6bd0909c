/*
 * A server that answers as no Magento should: what it does depends on the last segment of the path.
 *
 *   ok         200 {"ok":true}
 *   once       as ok, but only for the first request of a connection: further ones close it
 *   close      the connection is closed without an answer
 *   reset      the same, with a reset
 *   truncated  a body shorter than announced
 *   endless    a body without an end
 *   headers    headers without an end
 *   silent     nothing
 *   redirect   302 to ok
 */
#ifndef AMSYNC_TESTS_MAGENTO_SERVER_H
#define AMSYNC_TESTS_MAGENTO_SERVER_H

#include <pthread.h>
#include <stdint.h>

struct server {
    int listener;
    uint16_t port;
    pthread_t thread;
    pthread_mutex_t mutex;
    int gets; /* requests that have come, whole */
    int posts;
    int connections;
    char last_request[16384]; /* its head and the start of its body */
};

/* Fails the test when it cannot. */
void server_start(struct server *server);
/* Once no client is connected any more. */
void server_stop(struct server *server);

/* How many requests have come, by method. */
int server_gets(struct server *server);
int server_posts(struct server *server);
int server_connections(struct server *server);

#endif
