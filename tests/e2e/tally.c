/* Tally: three counters and the closing line. */
#include "tally.h"

#include <stdarg.h>
#include <stdio.h>

static int passed, failed, skipped;

void tally_pass(void) { passed++; }
void tally_fail(void) { failed++; }
void tally_skip(void) { skipped++; }

bool tally_check(bool held, const char *format, ...) {
    if (held) {
        tally_pass();
        return true;
    }
    va_list args;
    va_start(args, format);
    fputs("FAILED: ", stdout);
    vprintf(format, args);
    fputc('\n', stdout);
    va_end(args);
    tally_fail();
    return false;
}

int tally_finish(void) {
    printf("%d passed, %d failed", passed, failed);
    if (skipped > 0) printf(", %d skipped", skipped);
    putchar('\n');
    return failed == 0 && passed + skipped > 0 ? 0 : 1;
}
