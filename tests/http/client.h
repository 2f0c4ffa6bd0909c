/*
 * An HTTP client for the tests, as plain as a socket: it sends the bytes it is given, well-formed or
 * not. What a test relies on and does not get fails the test.
 */
#ifndef AMSYNC_TESTS_HTTP_CLIENT_H
#define AMSYNC_TESTS_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

/* Nothing that is waited for takes longer. */
#define CLIENT_DEADLINE_MS 60000

#define CLIENT_HEAD_BYTES 4096
#define CLIENT_BODY_BYTES 65536

struct client {
    int fd;
    char unread[CLIENT_HEAD_BYTES + CLIENT_BODY_BYTES];
    size_t unread_bytes;
};

struct response {
    int status; /* 0: the connection ended without an answer */
    char head[CLIENT_HEAD_BYTES];
    char body[CLIENT_BODY_BYTES];
};

/* `address` as ingest_address has it: IPv4. */
void client_open(struct client *client, const char *address);
void client_close(struct client *client);

/* false: the other side has closed the connection meanwhile. */
bool client_send(struct client *client, const char *bytes, size_t count);
bool client_send_text(struct client *client, const char *text);

/* Waits for the "100 Continue" that comes before an answer. */
void client_receive_continue(struct client *client);

/* Waits for an answer or for the end of the connection. */
void client_receive(struct client *client, struct response *ret_response);

/* A POST of a whole body. `secret` NULL: without that header. */
bool client_post(struct client *client, const char *path, const char *secret, const char *body);

/* A POST on a connection of its own, and its answer. */
void post_once(const char *address, const char *path, const char *secret, const char *body,
               struct response *ret_response);

/* Whether the answer's header has this line, as "Allow: POST". */
bool response_has_line(const struct response *response, const char *line);

#endif
