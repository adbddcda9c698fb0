/* Option: a value that can't be taken ends the program, so that there is nothing to check for the caller. */
#include "bench/option.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void option_refuse(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s: ", program_invocation_short_name);
    vfprintf(stderr, format, args);
    fputs("\nTry --help.\n", stderr);
    va_end(args);
    exit(2);
}

double option_number(const char *name, const char *text, double min, double max) {
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    if (errno || *end || end == text || !(value >= min && value <= max))
        option_refuse("--%s must be a number from %g to %g", name, min, max);
    return value;
}

uint64_t option_whole_number(const char *name, const char *text, uint64_t min, uint64_t max) {
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    if (errno || *end || end == text || *text == '-' || value < min || value > max)
        option_refuse("--%s must be a whole number from %llu to %llu", name, (unsigned long long)min,
                      (unsigned long long)max);
    return value;
}
