/* HyperLogLog check: tries the format and the estimate on this machine. */
#ifndef STINT_STORE_TYPES_HYPERLOGLOG_CHECK_H
#define STINT_STORE_TYPES_HYPERLOGLOG_CHECK_H

/* Takes some milliseconds. Returns what is wrong, or NULL. */
const char *hyperloglog_check(void);

#endif
