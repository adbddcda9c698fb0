/* Request key: a key of a request, with its hash. */
#ifndef STINT_SERVER_REQUEST_REQUEST_KEY_H
#define STINT_SERVER_REQUEST_REQUEST_KEY_H

#include "net/batch.h"
#include "store/keyspace.h"

/* The key at that index of the arguments; the hash of the request's first key is at hand. */
static inline key request_key(const struct request *r, int index) {
    return index == r->key_index ? (key){r->argv[index], r->key_hash} : key_of(r->argv[index]);
}

#endif
