-- The tables of the Node.js side: what came, which Magento order it became, and the log.
CREATE TABLE inbox (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    dedup        bytea NOT NULL UNIQUE,
    order_nbr    text NOT NULL,
    body         text NOT NULL
);
CREATE TABLE mapping (
    order_nbr   text PRIMARY KEY,
    magento_id  bigint NOT NULL
);
CREATE TABLE log (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    inbox_id   bigint NOT NULL,
    order_nbr  text NOT NULL,
    message    text NOT NULL
);
