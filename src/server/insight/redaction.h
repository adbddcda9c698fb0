/* Redaction: what of a request may be shown to others, in MONITOR and in the slow log: everything but
 * secrets. */
#ifndef STINT_SERVER_INSIGHT_REDACTION_H
#define STINT_SERVER_INSIGHT_REDACTION_H

#include "base/slice.h"
#include "server/request/command.h"

/* The argument at argv[index] of a request that the row runs, or "(redacted)" in the place of a secret. */
slice redaction_show(const command *row, const slice *argv, int index);

#endif
