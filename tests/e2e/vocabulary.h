/* Vocabulary: the kinds of words that random commands are made of. */
#ifndef STINT_E2E_VOCABULARY_H
#define STINT_E2E_VOCABULARY_H

#include <stdbool.h>

#include "bytes.h"
#include "dice.h"

/* What the choice of words depends on. */
typedef struct word_source {
    dice dice;
    long long now_s; /* absolute times are relative to it */
} word_source;

/* Vocabularies are numbered from 0. Commands are spoiled with words of the first so many; the last of these
 * is {nonsense}. The others are names of keys that nothing else should be written to. */
extern const int vocabulary_odd_count;

/* The number of the vocabulary of that name; ends the program if there is none. */
int vocabulary_find(const char *name, size_t len);

/* Appends a word. */
void vocabulary_say(word_source *s, int which, bytes *out);

/* Whether the word is one of those that {key}, {weightkey} and {weighthash} stand for. */
bool vocabulary_is_key(const bytes *text);

#endif
