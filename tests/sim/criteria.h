/* Magento's searchCriteria: filters in groups (AND of ORs), sorting, pages. */
#ifndef AMSYNC_SIM_CRITERIA_H
#define AMSYNC_SIM_CRITERIA_H

#include "sim/target.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define CRITERIA_GROUPS_MAX 16
#define CRITERIA_FILTERS_MAX 8

struct filter {
    const char *field;
    const char *value;     /* "" if not given */
    const char *condition; /* "eq" if not given */
};

struct filter_group {
    struct filter filters[CRITERIA_FILTERS_MAX];
    size_t count;
};

struct criteria {
    bool present; /* a searchCriteria was given, be it an empty one */
    struct filter_group groups[CRITERIA_GROUPS_MAX];
    size_t group_count;
    const char *sort_field; /* NULL for none */
    bool sort_descending;
    int64_t page_size; /* 0 for all */
    int64_t current_page;
};

/* The texts are borrowed from the target. False: more groups or filters than the bounds. */
bool criteria_parse(const struct target *target, struct criteria *ret_criteria);

/* {"filter_groups": ...} as Magento repeats it in its answer. A new reference. */
json_t *criteria_json(const struct criteria *criteria);

/*
 * Does a row meet the criteria? Texts are compared as MySQL's utf8_general_ci does: without regard
 * to case and to spaces at the end.
 */
bool criteria_match(const struct criteria *criteria, const json_t *row);

/* One value of a column against another, in that comparison. */
bool criteria_equal_texts(const char *left, const char *right);

/*
 * One page of the matching rows (an array of borrowed rows, any order kept) as a new array; sorts
 * by the criteria's field. `ret_total` is the count before paging.
 */
json_t *criteria_page(const struct criteria *criteria, json_t *rows, size_t *ret_total);

#endif
