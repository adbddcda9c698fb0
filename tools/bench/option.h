/* Option: reading the values of command line options. */
#ifndef STINT_BENCH_OPTION_H
#define STINT_BENCH_OPTION_H

#include <stdint.h>

/* Says what is wrong with the command line and ends the program with status 2. */
__attribute__((noreturn, format(printf, 1, 2))) void option_refuse(const char *format, ...);

/* The number that the text of option --name is; refuses it unless it lies between min and max. */
double option_number(const char *name, const char *text, double min, double max);
uint64_t option_whole_number(const char *name, const char *text, uint64_t min, uint64_t max);

#endif
