/* Latency report: what happened to the server's latency, in pictures and words. */
#ifndef STINT_COMMAND_LATENCY_REPORT_H
#define STINT_COMMAND_LATENCY_REPORT_H

#include "command/report.h"
#include "server/insight/latency_monitor.h"

/* Appends a graph of an event's last samples: a column for each, with its age below. */
void latency_report_graph(report *r, enum latency_event event);
/* Appends what can be said of all events, and advice. */
void latency_report_advice(report *r);

#endif
