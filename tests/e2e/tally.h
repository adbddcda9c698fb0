/* Tally: counts what passed and failed, and prints the closing line by which a test program is judged. */
#ifndef STINT_E2E_TALLY_H
#define STINT_E2E_TALLY_H

#include <stdbool.h>

/* Counts one check. A failed one is printed with the message. Returns whether it held. */
bool tally_check(bool held, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Count without a message of their own. */
void tally_pass(void);
void tally_fail(void);
void tally_skip(void);

/* Prints "N passed, N failed" (and ", N skipped" if there are any) and returns the program's exit status. No
 * check at all counts as a failure: a test that tested nothing must not look well. */
int tally_finish(void);

#endif
