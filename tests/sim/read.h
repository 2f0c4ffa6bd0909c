/* The calls that read: orders, comments, shipments, invoices, products, stores, countries. */
#ifndef AMSYNC_SIM_READ_H
#define AMSYNC_SIM_READ_H

#include "sim/shop.h"

/* Answers the document (taken over), or of it what the parameter `fields` names. Adobe's page on
 * retrieving filtered responses has that for POST and PUT, too; no recorded exchange shows it. */
void read_show(const struct call *call, json_t *document);

void read_order(struct call *call);
void read_order_status(struct call *call);
void read_order_comments(struct call *call);
void read_orders(struct call *call);
void read_order_items(struct call *call);
void read_shipment(struct call *call);
void read_shipments(struct call *call);
void read_invoices(struct call *call);
void read_product(struct call *call);
void read_products(struct call *call);
void read_store_views(struct call *call);
void read_store_configs(struct call *call);
void read_countries(struct call *call);
void read_country(struct call *call);

#endif
