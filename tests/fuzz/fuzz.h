/*
 * What a fuzz target is. main.c runs one over its corpus and over mutations of it; built with
 * -Dfuzzing=true by clang, libFuzzer does, which looks for inputs that reach new code.
 */
#ifndef AMSYNC_TESTS_FUZZ_FUZZ_H
#define AMSYNC_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The target, one a program: takes any bytes, and stops the process if a property does not hold. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stops the process, saying `property`, unless it holds. */
void fuzz_require(bool holds, const char *property);

/* The bytes as a text: up to the first NUL, NUL-terminated; to be freed. */
char *fuzz_text(const uint8_t *data, size_t size);

#endif
