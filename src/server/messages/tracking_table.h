/* Tracking table: which readers have read which keys, until a key changes or a reader goes.
 *
 * A reader is whoever is to be told. Keys are names alone: those of all databases count as one. */
#ifndef STINT_SERVER_MESSAGES_TRACKING_TABLE_H
#define STINT_SERVER_MESSAGES_TRACKING_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/keyspace.h"

struct tracked_key;

/* A reader: part of whatever it stands for. Only count is for others to read. */
typedef struct key_reader {
    struct tracked_key **keys; /* what it has read */
    uint32_t count, capacity;
    uint32_t number; /* among all readers */
} key_reader;

/* Makes a reader known, before it reads; and unknown, when it has nothing left. */
void tracking_table_join(key_reader *r);
void tracking_table_leave(key_reader *r);

/* Notes that the reader has read the keys; nothing happens for those of which that is known. The cache misses
 * of up to TRACKING_TABLE_GROUP keys are overlapped. */
#define TRACKING_TABLE_GROUP 32
void tracking_table_add(key_reader *r, const key *names, size_t count);
/* Forgets the key, and calls visit with each reader that had read it. visit must not change the table. */
void tracking_table_take(const key *k, void (*visit)(void *context, key_reader *r), void *context);
/* The same with a random key, whose name is in *name while visit is called. Returns how many readers it had;
 * 0: the table is empty. */
size_t tracking_table_evict(slice *name, void (*visit)(void *context, key_reader *r), void *context);
/* Forgets up to `most` of what the reader has read. Returns how many those were. */
uint32_t tracking_table_forget(key_reader *r, uint32_t most);
/* Forgets all; the memory is given back in the background. */
void tracking_table_clear(void);

/* Keys, and pairs of a key and a reader. */
size_t tracking_table_keys(void);
size_t tracking_table_items(void);

#endif
