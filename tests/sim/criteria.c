#include "sim/criteria.h"

#include "sim/row.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* "searchCriteria[filter_groups][0][filters][1][field]" -> parts "filter_groups", "0", ... */
#define PARTS_MAX 6
#define PART_BYTES 32

struct name_parts {
    char parts[PARTS_MAX][PART_BYTES];
    size_t count;
};

static bool
split_name(const char *name, struct name_parts *ret_parts)
{
    static const char prefix[] = "searchCriteria";
    if (strncmp(name, prefix, sizeof(prefix) - 1) != 0)
        return false;
    name += sizeof(prefix) - 1;
    struct name_parts found = {.count = 0};
    while (*name == '[' && found.count < PARTS_MAX) {
        const char *end = strchr(name, ']');
        size_t length = end ? (size_t)(end - name - 1) : 0;
        if (!end || length >= PART_BYTES)
            return false;
        memcpy(found.parts[found.count], name + 1, length);
        found.parts[found.count++][length] = '\0';
        name = end + 1;
    }
    *ret_parts = found;
    return *name == '\0';
}

static bool
is_name(const char *text, const char *snake, const char *camel)
{
    return strcmp(text, snake) == 0 || strcmp(text, camel) == 0;
}

static bool
index_of(const char *text, size_t bound, size_t *ret_index)
{
    char *end = NULL;
    unsigned long index = strtoul(text, &end, 10);
    if (end == text || *end || index >= bound)
        return false;
    *ret_index = index;
    return true;
}

static bool
set_filter(struct criteria *criteria, const struct name_parts *name, const char *value)
{
    size_t group_index = 0;
    size_t filter_index = 0;
    if (!index_of(name->parts[1], CRITERIA_GROUPS_MAX, &group_index) ||
        !index_of(name->parts[3], CRITERIA_FILTERS_MAX, &filter_index))
        return false;
    struct filter_group *group = &criteria->groups[group_index];
    if (group_index >= criteria->group_count)
        criteria->group_count = group_index + 1;
    if (filter_index >= group->count)
        group->count = filter_index + 1;
    struct filter *filter = &group->filters[filter_index];
    if (strcmp(name->parts[4], "field") == 0)
        filter->field = value;
    else if (strcmp(name->parts[4], "value") == 0)
        filter->value = value;
    else if (is_name(name->parts[4], "condition_type", "conditionType"))
        filter->condition = value;
    return true;
}

static bool
set_part(struct criteria *criteria, const struct name_parts *name, const char *value)
{
    const char *first = name->parts[0];
    if (name->count == 5 && is_name(first, "filter_groups", "filterGroups"))
        return set_filter(criteria, name, value);
    if (name->count == 3 && is_name(first, "sort_orders", "sortOrders")) {
        if (strcmp(name->parts[2], "field") == 0)
            criteria->sort_field = value;
        else
            criteria->sort_descending = strcasecmp(value, "DESC") == 0;
    } else if (name->count == 1 && is_name(first, "page_size", "pageSize")) {
        criteria->page_size = strtoll(value, NULL, 10);
    } else if (name->count == 1 && is_name(first, "current_page", "currentPage")) {
        criteria->current_page = strtoll(value, NULL, 10);
    }
    return true;
}

bool
criteria_parse(const struct target *target, struct criteria *ret_criteria)
{
    *ret_criteria = (struct criteria){0};
    for (size_t i = 0; i < target->pair_count; i++) {
        struct name_parts name;
        if (!split_name(target->pairs[i].name, &name))
            continue;
        ret_criteria->present = true;
        if (name.count > 0 && !set_part(ret_criteria, &name, target->pairs[i].value))
            return false;
    }
    for (size_t g = 0; g < ret_criteria->group_count; g++) {
        struct filter_group *group = &ret_criteria->groups[g];
        for (size_t f = 0; f < group->count; f++) {
            struct filter *filter = &group->filters[f];
            filter->field = filter->field ? filter->field : "";
            filter->value = filter->value ? filter->value : "";
            filter->condition = filter->condition ? filter->condition : "eq";
        }
    }
    return true;
}

json_t *
criteria_json(const struct criteria *criteria)
{
    json_t *groups = json_array();
    for (size_t g = 0; g < criteria->group_count; g++) {
        json_t *filters = json_array();
        for (size_t f = 0; f < criteria->groups[g].count; f++) {
            const struct filter *filter = &criteria->groups[g].filters[f];
            json_array_append_new(filters,
                                  json_pack("{s:s,s:s,s:s}", "field", filter->field, "value",
                                            filter->value, "condition_type", filter->condition));
        }
        json_array_append_new(groups, json_pack("{s:o}", "filters", filters));
    }
    json_t *json = json_pack("{s:o}", "filter_groups", groups);
    if (criteria->sort_field)
        json_object_set_new(json, "sort_orders",
                            json_pack("[{s:s,s:s}]", "field", criteria->sort_field, "direction",
                                      criteria->sort_descending ? "DESC" : "ASC"));
    if (criteria->page_size > 0)
        row_set_integer(json, "page_size", criteria->page_size);
    if (criteria->current_page > 0)
        row_set_integer(json, "current_page", criteria->current_page);
    return json;
}

static size_t
length_without_end_spaces(const char *text)
{
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == ' ')
        length--;
    return length;
}

static int
compare_texts(const char *left, const char *right)
{
    size_t left_length = length_without_end_spaces(left);
    size_t right_length = length_without_end_spaces(right);
    size_t shorter = left_length < right_length ? left_length : right_length;
    int order = strncasecmp(left, right, shorter);
    if (order != 0)
        return order;
    return (left_length > right_length) - (left_length < right_length);
}

bool
criteria_equal_texts(const char *left, const char *right)
{
    return compare_texts(left, right) == 0;
}

static int
compare_value(const json_t *value, const char *with)
{
    if (json_is_string(value))
        return compare_texts(json_string_value(value), with);
    fixed4 left = fixed4_of(value);
    fixed4 right = fixed4_parse(with);
    return (left > right) - (left < right);
}

static bool
in_list(const json_t *value, const char *list)
{
    char item[256];
    while (true) {
        size_t length = strcspn(list, ",");
        if (length < sizeof(item)) {
            memcpy(item, list, length);
            item[length] = '\0';
            if (compare_value(value, item) == 0)
                return true;
        }
        if (!list[length])
            return false;
        list += length + 1;
    }
}

static bool
like(const char *text, const char *pattern)
{
    for (; *pattern; pattern++, text++) {
        if (*pattern == '%') {
            do {
                if (like(text, pattern + 1))
                    return true;
            } while (*text++);
            return false;
        }
        if (!*text)
            return false;
        if (*pattern != '_' && tolower((unsigned char)*pattern) != tolower((unsigned char)*text))
            return false;
    }
    return !*text;
}

static bool
filter_match(const struct filter *filter, const json_t *row)
{
    const json_t *value = json_object_get(row, filter->field);
    const char *condition = filter->condition;
    if (!value || json_is_null(value))
        return strcmp(condition, "null") == 0;
    if (strcmp(condition, "eq") == 0)
        return compare_value(value, filter->value) == 0;
    if (strcmp(condition, "neq") == 0)
        return compare_value(value, filter->value) != 0;
    if (strcmp(condition, "in") == 0)
        return in_list(value, filter->value);
    if (strcmp(condition, "nin") == 0)
        return !in_list(value, filter->value);
    if (strcmp(condition, "like") == 0)
        return like(json_is_string(value) ? json_string_value(value) : "", filter->value);
    if (strcmp(condition, "gt") == 0)
        return compare_value(value, filter->value) > 0;
    if (strcmp(condition, "lt") == 0)
        return compare_value(value, filter->value) < 0;
    if (strcmp(condition, "gteq") == 0 || strcmp(condition, "from") == 0)
        return compare_value(value, filter->value) >= 0;
    if (strcmp(condition, "lteq") == 0 || strcmp(condition, "to") == 0)
        return compare_value(value, filter->value) <= 0;
    return strcmp(condition, "notnull") == 0;
}

bool
criteria_match(const struct criteria *criteria, const json_t *row)
{
    for (size_t g = 0; g < criteria->group_count; g++) {
        const struct filter_group *group = &criteria->groups[g];
        bool any = group->count == 0;
        for (size_t f = 0; f < group->count && !any; f++)
            any = filter_match(&group->filters[f], row);
        if (!any)
            return false;
    }
    return true;
}

struct sortable {
    json_t *row;
    const json_t *key;
    size_t position;
};

static int
compare_sortable(const void *left_pointer, const void *right_pointer)
{
    const struct sortable *left = left_pointer;
    const struct sortable *right = right_pointer;
    int order = 0;
    if (json_is_string(left->key) && json_is_string(right->key)) {
        order = compare_texts(json_string_value(left->key), json_string_value(right->key));
    } else {
        fixed4 a = fixed4_of(left->key);
        fixed4 b = fixed4_of(right->key);
        order = (a > b) - (a < b);
    }
    if (order == 0)
        order = (left->position > right->position) - (left->position < right->position);
    return order;
}

static json_t *
sorted(const struct criteria *criteria, json_t *rows)
{
    size_t count = json_array_size(rows);
    struct sortable *list = calloc(count + 1, sizeof(*list));
    json_t *result = json_array();
    if (!list)
        return result;
    for (size_t i = 0; i < count; i++) {
        json_t *row = json_array_get(rows, i);
        list[i] = (struct sortable){row, json_object_get(row, criteria->sort_field), i};
    }
    qsort(list, count, sizeof(*list), compare_sortable);
    for (size_t i = 0; i < count; i++)
        json_array_append(result, list[criteria->sort_descending ? count - 1 - i : i].row);
    free(list);
    return result;
}

json_t *
criteria_page(const struct criteria *criteria, json_t *rows, size_t *ret_total)
{
    size_t total = json_array_size(rows);
    json_auto_t *ordered = criteria->sort_field ? sorted(criteria, rows) : json_incref(rows);
    json_t *page = json_array();
    size_t first = 0;
    size_t last = total;
    if (criteria->page_size > 0) {
        size_t size = (size_t)criteria->page_size;
        size_t number = criteria->current_page > 1 ? (size_t)criteria->current_page : 1;
        first = number - 1 > total / size ? total : (number - 1) * size;
        last = total - first > size ? first + size : total;
    }
    for (size_t i = first; i < last; i++)
        json_array_append(page, json_array_get(ordered, i));
    *ret_total = total;
    return page;
}
