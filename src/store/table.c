/* Table: extendible hashing over segments that grow by size classes.
 *
 * A bucket is one cache line of eight words. A word is a pointer to an element (48 bits, the low three free)
 * with the element's tag, the top 16 bits of its hash, above it:
 *
 *      63            48 47                           3 2 1 0
 *     +----------------+------------------------------+-----+
 *     | tag            | pointer to the element       |   o |     o (in word 0 only): the bucket overflowed
 *     +----------------+------------------------------+-----+
 *
 * A segment is a header line and n buckets, where n is such that the whole is exactly one of the allocator's
 * size classes: 1, 2, 3 ... 63, 79, 95, 111 or 127. A tag's home is bucket (tag * n) >> 16: buckets are in
 * the order of tags, so a segment is resized by moving words, without touching a single element. A bucket
 * that is full overflows into the next one (and around), and is marked; a lookup goes on only past marked
 * buckets, so that a miss costs one line. Marks are cleared when the segment is rebuilt.
 *
 * The directory finds the segment by the low bits of the hash. When a segment of the largest class is full it
 * splits in two by one more bit, and when the directory has no such bit, the directory doubles (8 bytes for
 * about 700 elements). A doubling array would be half empty after every doubling; here the fill stays near
 * 78 percent at every size, and no step moves more than one segment.
 *
 * Scans go through the hash values in an order that no growth changes: by the low bits reversed (which a
 * split divides into two intervals in place), then by tag.
 *
 * Due times are kept per bucket as 32-bit lower bounds in units of 128 ms, only in segments that have any.
 * Bounds are tightened when they come due: a stale one costs one look at one bucket. No cost where nothing is
 * ever due.
 *
 * Not thread-safe: the loop's thread owns it. */
#include "store/table.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/compiler.h"
#include "base/hash.h"
#include "base/random.h"
#include "base/sample.h"
#include "store/entry.h"
#include "store/value.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define BUCKET_WORDS 8
#define TAG_SHIFT    48
#define POINTER_MASK 0x0000FFFFFFFFFFF8ull
#define OVERFLOWED   1ull

/* A segment is rebuilt larger when it is fuller than this, in eighths, or when an insertion would have to
 * look further than PROBE_MAX buckets from its home. That is what mostly sets the fill and the buckets read
 * per hit: 6 gives 72 percent and 1.08, 8 gives 75 and 1.10, 12 gives 78 and 1.13, no limit 80 and 1.16. */
#define FILL_MAX_EIGHTHS   7
#define FILL_SMALL_EIGHTHS 3 /* and smaller below this */
#define FILL_FRESH_EIGHTHS 6 /* a shrunk or merged segment is not fuller than this */
#define PROBE_MAX          12

#define DEPTH_MAX   31
#define DUE_NEVER   UINT32_MAX
#define NOT_IN_HEAP UINT32_MAX

typedef struct bucket {
    uint64_t word[BUCKET_WORDS];
} bucket;

typedef struct segment {
    uint32_t path;   /* the low bits of the hash that lead here */
    uint8_t depth;   /* how many bits that is */
    uint8_t buckets; /* n */
    uint16_t count;
    uint32_t due;        /* the earliest of due_at, DUE_NEVER if none */
    uint32_t heap_index; /* place in the table's heap, NOT_IN_HEAP if due is DUE_NEVER */
    uint32_t *due_at;    /* per bucket, or NULL if no element here was ever due */
    unsigned char unused[CACHE_LINE_BYTES - 24];
    bucket bucket[];
} segment;

_Static_assert(sizeof(bucket) == CACHE_LINE_BYTES, "a bucket is one cache line");
_Static_assert(sizeof(segment) == CACHE_LINE_BYTES, "so is a segment's header");

struct table {
    const struct table_kind *kind;
    uint64_t *directory; /* word: pointer to the segment, number of its buckets in the top 16 bits */
    uint64_t mask;       /* directory entries - 1 */
    size_t count;
    size_t buckets, segments;
    uint32_t at_depth[DEPTH_MAX + 1]; /* number of segments at each depth */
    size_t due_bytes;                 /* memory of all due_at */
    segment **heap;                   /* segments with due elements, the earliest first */
    uint32_t heap_len, heap_capacity;
};

/* The numbers of buckets a segment can have: with the header line, the allocator's size classes. */
static const uint8_t sizes[] = {1,  2,  3,  4,  5,  6,  7,  9,  11, 13,  15, 19,
                                23, 27, 31, 39, 47, 55, 63, 79, 95, 111, 127};
#define BUCKETS_MAX 127

static slice entry_element_key(const void *element) { return entry_key(element); }
static int64_t entry_element_due_ms(const void *element) { return value_due_ms(element); }
const struct table_kind table_of_entries = {entry_element_key, entry_element_due_ms};

/* --- Words, buckets, segments --- */

static inline uint64_t tag_of(uint64_t hash) { return hash >> TAG_SHIFT; }
static inline void *element_of(uint64_t word) { return (void *)(uintptr_t)(word & POINTER_MASK); }
static inline uint64_t word_of(const void *element, uint64_t tag) {
    return (uint64_t)(uintptr_t)element | tag << TAG_SHIFT;
}
static inline uint32_t home_of(uint64_t tag, uint32_t buckets) { return (uint32_t)(tag * buckets >> 16); }
static inline bool overflowed(const bucket *b) { return b->word[0] & OVERFLOWED; }
static inline segment *segment_of(uint64_t word) { return (segment *)(uintptr_t)(word & POINTER_MASK); }
static inline uint32_t buckets_of(uint64_t word) { return (uint32_t)(word >> TAG_SHIFT); }
static inline size_t due_bytes(const segment *s) { return s->buckets * sizeof(*s->due_at); }
static inline size_t segment_bytes(uint32_t buckets) { return (buckets + 1) * sizeof(bucket); }

/* A bit for each word whose tag is that; words without an element may be among them. */
static inline uint32_t match(const bucket *b, uint64_t tag) {
#ifdef __SSE2__
    const __m128i *w = (const __m128i *)b->word;
    __m128i wanted = _mm_set1_epi32((int)tag);
    __m128i found[2];
    for (int half = 0; half < 2; half++) {
        /* the high 32 bits of four words, then their high 16 */
        __m128 high =
            _mm_shuffle_ps(_mm_castsi128_ps(_mm_load_si128(w + 2 * half)),
                           _mm_castsi128_ps(_mm_load_si128(w + 2 * half + 1)), _MM_SHUFFLE(3, 1, 3, 1));
        found[half] = _mm_cmpeq_epi32(_mm_srli_epi32(_mm_castps_si128(high), 16), wanted);
    }
    __m128i both = _mm_packs_epi32(found[0], found[1]);
    return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(both, _mm_setzero_si128()));
#else
    uint32_t found = 0;
    for (uint32_t i = 0; i < BUCKET_WORDS; i++) found |= (uint32_t)(b->word[i] >> TAG_SHIFT == tag) << i;
    return found;
#endif
}

static inline slice key_of(const table *t, const void *element) {
    return likely(t->kind == &table_of_entries) ? entry_key(element) : t->kind->key(element);
}

static void segment_release(segment *s) {
    alloc_free(s->due_at, due_bytes(s));
    alloc_free(s, segment_bytes(s->buckets));
}

static segment *segment_new(table *t, uint32_t buckets, uint32_t path, uint8_t depth) {
    segment *s = alloc(segment_bytes(buckets));
    memset(s, 0, segment_bytes(buckets));
    s->path = path;
    s->depth = depth;
    s->buckets = (uint8_t)buckets;
    s->due = DUE_NEVER;
    s->heap_index = NOT_IN_HEAP;
    t->buckets += buckets;
    t->segments++;
    t->at_depth[depth]++;
    return s;
}

static inline segment *segment_at(const table *t, uint64_t hash) {
    return segment_of(t->directory[hash & t->mask]);
}

/* Points every directory entry that leads to the segment at it. */
static void enter_in_directory(table *t, segment *s) {
    uint64_t word = word_of(s, s->buckets);
    for (uint64_t i = s->path; i <= t->mask; i += 1ull << s->depth) t->directory[i] = word;
}

/* Puts a word into the first bucket with room, from its home on, at most PROBE_MAX buckets away unless
 * anywhere. Returns the bucket, or NULL if there is no room; then nothing has changed. */
static bucket *place(segment *s, uint64_t word, bool anywhere) {
    uint32_t home = home_of(word >> TAG_SHIFT, s->buckets), at = home;
    uint32_t limit = anywhere || s->buckets < PROBE_MAX ? s->buckets : PROBE_MAX;
    for (uint32_t probe = 0; probe < limit; probe++) {
        bucket *b = &s->bucket[at];
        for (uint32_t i = 0; i < BUCKET_WORDS; i++) {
            if (b->word[i] & POINTER_MASK) continue;
            b->word[i] = word | (b->word[i] & OVERFLOWED);
            for (; home != at; home = home + 1 == s->buckets ? 0 : home + 1)
                s->bucket[home].word[0] |= OVERFLOWED;
            s->count++;
            return b;
        }
        at = at + 1 == s->buckets ? 0 : at + 1;
    }
    return NULL;
}

/* --- Due times --- */

/* Due times are 32 bits in units of 128 ms from a day before the process started: 17 years. */
#define DUE_UNIT_SHIFT 7
#define DUE_BACKLOG_MS (24 * 3600 * 1000)

static int64_t due_base_ms(void) {
    static int64_t base_ms;
    if (unlikely(!base_ms)) base_ms = clock_unix_ms() - DUE_BACKLOG_MS;
    return base_ms;
}

static uint32_t due_unit(int64_t due_ms) {
    int64_t base_ms = due_base_ms();
    if (due_ms == INT64_MAX) return DUE_NEVER;
    if (due_ms < base_ms) return 0;
    int64_t unit = (due_ms - base_ms) >> DUE_UNIT_SHIFT;
    return unit < DUE_NEVER ? (uint32_t)unit : DUE_NEVER - 1;
}

static void heap_put(table *t, uint32_t index, segment *s) {
    t->heap[index] = s;
    s->heap_index = index;
}

static void heap_sift_up(table *t, uint32_t index) {
    segment *s = t->heap[index];
    for (; index > 0 && t->heap[(index - 1) / 2]->due > s->due; index = (index - 1) / 2)
        heap_put(t, index, t->heap[(index - 1) / 2]);
    heap_put(t, index, s);
}

static void heap_sift_down(table *t, uint32_t index) {
    segment *s = t->heap[index];
    for (;;) {
        uint32_t child = 2 * index + 1;
        if (child >= t->heap_len) break;
        if (child + 1 < t->heap_len && t->heap[child + 1]->due < t->heap[child]->due) child++;
        if (t->heap[child]->due >= s->due) break;
        heap_put(t, index, t->heap[child]);
        index = child;
    }
    heap_put(t, index, s);
}

static void heap_remove(table *t, segment *s) {
    if (s->heap_index == NOT_IN_HEAP) return;
    uint32_t index = s->heap_index;
    s->heap_index = NOT_IN_HEAP;
    segment *last = t->heap[--t->heap_len];
    if (last == s) return;
    heap_put(t, index, last);
    heap_sift_up(t, index);
    heap_sift_down(t, last->heap_index);
}

/* Gives the segment another due time and its place in the heap. */
static void set_segment_due(table *t, segment *s, uint32_t due) {
    s->due = due;
    if (due == DUE_NEVER) {
        heap_remove(t, s);
        return;
    }
    if (s->heap_index == NOT_IN_HEAP) {
        alloc_make_room(t->heap, t->heap_len, t->heap_capacity);
        heap_put(t, t->heap_len++, s);
    }
    heap_sift_up(t, s->heap_index);
    heap_sift_down(t, s->heap_index);
}

/* Lowers the due time of a bucket. */
static void lower_due(table *t, segment *s, const bucket *b, uint32_t due) {
    if (due == DUE_NEVER) return;
    if (!s->due_at) {
        s->due_at = alloc(due_bytes(s));
        memset(s->due_at, 0xFF, due_bytes(s)); /* DUE_NEVER */
        t->due_bytes += alloc_class(due_bytes(s));
    }
    uint32_t *at = &s->due_at[b - s->bucket];
    if (due < *at) *at = due;
    if (due < s->due) set_segment_due(t, s, due);
}

/* --- Changing the shape --- */

static void segment_free(table *t, segment *s) {
    heap_remove(t, s);
    t->buckets -= s->buckets;
    t->segments--;
    t->at_depth[s->depth]--;
    if (s->due_at) t->due_bytes -= alloc_class(due_bytes(s));
    segment_release(s);
}

/* Moves all words of one segment into another, each with its bucket's due time as its lower bound. */
static void move_words(table *t, const segment *from, segment *to) {
    for (uint32_t i = 0; i < from->buckets; i++) {
        for (uint32_t j = 0; j < BUCKET_WORDS; j++) {
            uint64_t word = from->bucket[i].word[j] & ~OVERFLOWED;
            if (!(word & POINTER_MASK)) continue;
            const bucket *b = place(to, word, true);
            if (from->due_at) lower_due(t, to, b, from->due_at[i]);
        }
    }
}

/* The smallest number of buckets that holds count elements at the given fill. */
static uint32_t buckets_for(uint32_t count, uint32_t eighths) {
    for (size_t i = 0; i < sizeof(sizes); i++)
        if (sizes[i] * eighths >= count) return sizes[i];
    return BUCKETS_MAX;
}

/* Rebuilds a segment with another number of buckets. */
static segment *resize(table *t, segment *s, uint32_t buckets) {
    segment *to = segment_new(t, buckets, s->path, s->depth);
    move_words(t, s, to);
    segment_free(t, s);
    enter_in_directory(t, to);
    return to;
}

static void double_directory(table *t) {
    size_t entries = t->mask + 1;
    t->directory = alloc_resize(t->directory, 2 * entries * sizeof(*t->directory));
    memcpy(t->directory + entries, t->directory, entries * sizeof(*t->directory));
    t->mask = 2 * entries - 1;
}

/* Splits a full segment by the next bit of the hash: the one place where elements are read to hash them
 * again. */
static void split(table *t, segment *s) {
    assert(s->depth < DEPTH_MAX);
    if (1ull << s->depth == t->mask + 1) double_directory(t);
    struct {
        uint64_t word;
        bool odd;
    } all[BUCKETS_MAX * BUCKET_WORDS];
    uint32_t count = 0, odd_count = 0;
    for (uint32_t i = 0; i < s->buckets; i++) {
        for (uint32_t j = 0; j < BUCKET_WORDS; j++) {
            uint64_t word = s->bucket[i].word[j] & ~OVERFLOWED;
            if (!(word & POINTER_MASK)) continue;
            all[count++].word = word;
        }
    }
    enum { AHEAD = 16 };
    for (uint32_t i = 0; i < count; i++) {
        if (i + AHEAD < count) prefetch(element_of(all[i + AHEAD].word));
        all[i].odd = hash_bytes(key_of(t, element_of(all[i].word))) >> s->depth & 1;
        odd_count += all[i].odd;
    }
    uint8_t depth = s->depth + 1;
    segment *half[2] = {
        segment_new(t, buckets_for(count - odd_count, FILL_FRESH_EIGHTHS), s->path, depth),
        segment_new(t, buckets_for(odd_count, FILL_FRESH_EIGHTHS), s->path | 1u << s->depth, depth),
    };
    for (uint32_t i = 0; i < count; i++) {
        segment *to = half[all[i].odd];
        const bucket *b = place(to, all[i].word, true);
        if (s->due_at) lower_due(t, to, b, due_unit(t->kind->due_ms(element_of(all[i].word))));
    }
    segment_free(t, s);
    enter_in_directory(t, half[0]);
    enter_in_directory(t, half[1]);
}

/* Makes room in the segment where the hash belongs. */
static void grow(table *t, segment *s) {
    if (s->buckets == BUCKETS_MAX) {
        split(t, s);
        return;
    }
    size_t next = 0;
    while (sizes[next] <= s->buckets) next++;
    resize(t, s, sizes[next]);
}

/* Takes the last bit off the directory while no segment needs it. */
static void halve_directory(table *t) {
    size_t entries = t->mask + 1;
    while (entries > 1 && t->at_depth[__builtin_ctzll(entries)] == 0) entries /= 2;
    if (entries == t->mask + 1) return;
    t->directory = alloc_resize(t->directory, entries * sizeof(*t->directory));
    t->mask = entries - 1;
}

/* Merges a segment with the one that it was split from, if both together are small. */
static bool merge(table *t, segment *s) {
    if (s->depth == 0) return false;
    segment *other = segment_of(t->directory[s->path ^ 1u << (s->depth - 1)]);
    uint32_t count = s->count + other->count;
    if (other->depth != s->depth || count > BUCKETS_MAX * FILL_SMALL_EIGHTHS) return false;
    uint8_t depth = s->depth - 1;
    segment *to = segment_new(t, buckets_for(count, FILL_FRESH_EIGHTHS), s->path & ~(1u << depth), depth);
    move_words(t, s, to);
    move_words(t, other, to);
    segment_free(t, s);
    segment_free(t, other);
    enter_in_directory(t, to);
    halve_directory(t);
    return true;
}

/* Gives room back after a removal. A single bucket is left to the segment it was split from, which is larger
 * and will merge with it. */
static void shrink(table *t, segment *s) {
    if (s->buckets == 1 || merge(t, s)) return;
    resize(t, s, buckets_for(s->count, FILL_FRESH_EIGHTHS));
}

/* --- The public face --- */

table *table_new(const struct table_kind *kind) {
    table *t = alloc_zeroed(sizeof(*t));
    t->kind = kind;
    t->directory = alloc(sizeof(*t->directory));
    enter_in_directory(t, segment_new(t, 1, 0, 0));
    return t;
}

void table_free(table *t, void (*release)(void *element)) {
    for (uint64_t i = t->mask + 1; i-- > 0;) {
        segment *s = segment_of(t->directory[i]);
        if (s->path != i) continue; /* its path is the lowest of the entries that lead to it: met last */
        for (uint32_t j = 0; release && j < s->buckets; j++) {
            for (uint32_t k = 0; k < BUCKET_WORDS; k++) {
                void *element = element_of(s->bucket[j].word[k]);
                if (element) release(element);
            }
        }
        segment_release(s);
    }
    alloc_free(t->directory, (t->mask + 1) * sizeof(*t->directory));
    alloc_free(t->heap, t->heap_capacity * sizeof(*t->heap));
    alloc_free(t, sizeof(*t));
}

size_t table_count(const table *t) { return t->count; }

size_t table_memory_bytes(const table *t) {
    return sizeof(*t) + (t->mask + 1) * sizeof(*t->directory) + (t->buckets + t->segments) * sizeof(bucket) +
           t->heap_capacity * sizeof(*t->heap) + t->due_bytes;
}

/* The word of the element with that key and the bucket it is in, or NULL. */
static inline uint64_t *locate(const table *t, slice key, uint64_t hash) {
    uint64_t word = t->directory[hash & t->mask], tag = tag_of(hash);
    segment *s = segment_of(word);
    uint32_t buckets = buckets_of(word), at = home_of(tag, buckets);
    for (uint32_t probe = 0; probe < buckets; probe++) {
        bucket *b = &s->bucket[at];
        for (uint32_t found = match(b, tag); found; found &= found - 1) {
            uint64_t *candidate = &b->word[__builtin_ctz(found)];
            void *element = element_of(*candidate);
            if (likely(element) && likely(slice_equal(key_of(t, element), key))) return candidate;
        }
        if (likely(!overflowed(b))) return NULL;
        at = at + 1 == buckets ? 0 : at + 1;
    }
    return NULL;
}

void *table_find(const table *t, slice key, uint64_t hash) {
    const uint64_t *word = locate(t, key, hash);
    return word ? element_of(*word) : NULL;
}

void table_insert(table *t, void *element, uint64_t hash) {
    assert(((uintptr_t)element & ~POINTER_MASK) == 0);
    uint64_t word = word_of(element, tag_of(hash));
    for (;;) {
        segment *s = segment_at(t, hash);
        bool half_empty = s->count < s->buckets * BUCKET_WORDS / 2; /* then growing would not be worth it */
        if (likely(s->count < s->buckets * FILL_MAX_EIGHTHS) && likely(place(s, word, half_empty))) break;
        grow(t, s);
    }
    t->count++;
}

void *table_remove(table *t, slice key, uint64_t hash) {
    uint64_t *word = locate(t, key, hash);
    if (!word) return NULL;
    void *element = element_of(*word);
    *word &= OVERFLOWED;
    t->count--;
    segment *s = segment_at(t, hash);
    s->count--;
    if (unlikely(s->count < s->buckets * FILL_SMALL_EIGHTHS)) shrink(t, s);
    return element;
}

void table_replace(table *t, uint64_t hash, const void *before, void *after) {
    uint64_t directory_word = t->directory[hash & t->mask], wanted = word_of(before, tag_of(hash));
    segment *s = segment_of(directory_word);
    uint32_t buckets = buckets_of(directory_word), at = home_of(tag_of(hash), buckets);
    for (uint32_t probe = 0; probe < buckets; probe++) {
        for (uint32_t i = 0; i < BUCKET_WORDS; i++) {
            uint64_t *word = &s->bucket[at].word[i];
            if ((*word & ~OVERFLOWED) != wanted) continue;
            *word = word_of(after, tag_of(hash)) | (*word & OVERFLOWED);
            return;
        }
        at = at + 1 == buckets ? 0 : at + 1;
    }
    assert(!"table_replace: no such element");
}

void table_prefetch_bucket(const table *t, uint64_t hash) {
    uint64_t word = t->directory[hash & t->mask];
    prefetch(&segment_of(word)->bucket[home_of(tag_of(hash), buckets_of(word))]);
}

const void *table_prefetch_element(const table *t, uint64_t hash) {
    uint64_t directory_word = t->directory[hash & t->mask];
    uint32_t buckets = buckets_of(directory_word), at = home_of(tag_of(hash), buckets);
    const bucket *b = &segment_of(directory_word)->bucket[at];
    uint32_t found = match(b, tag_of(hash));
    if (likely(found)) {
        const char *element = element_of(b->word[__builtin_ctz(found)]);
        prefetch(element);
        prefetch(element + CACHE_LINE_BYTES);
        return element;
    }
    if (overflowed(b)) prefetch(&segment_of(directory_word)->bucket[at + 1 == buckets ? 0 : at + 1]);
    return NULL;
}

/* --- Scanning --- */

/* A cursor is the place that the scan has reached: the path of a segment, reversed so that the first bit that
 * splits is the most significant, then the tag, then the depth that the segment had. */
#define CURSOR_PATH_SHIFT 21
#define CURSOR_TAG_SHIFT  5

/* How many buckets ahead elements are fetched. */
#define SCAN_AHEAD 2

static uint32_t reverse_path(uint32_t path) {
    uint32_t reversed = 0;
    for (int i = 0; i < DEPTH_MAX; i++) reversed |= (path >> i & 1) << (DEPTH_MAX - 1 - i);
    return reversed;
}

static inline void prefetch_elements(const bucket *b) {
    for (uint32_t i = 0; i < BUCKET_WORDS; i++) prefetch(element_of(b->word[i]));
}

/* Visits the elements whose home is that bucket. */
static size_t visit_home(const segment *s, uint32_t home, void (*visit)(void *context, void *element),
                         void *context) {
    size_t visited = 0;
    uint32_t at = home;
    for (uint32_t probe = 0; probe < s->buckets; probe++) {
        const bucket *b = &s->bucket[at];
        for (uint32_t i = 0; i < BUCKET_WORDS; i++) {
            uint64_t word = b->word[i];
            if (!(word & POINTER_MASK) || home_of(word >> TAG_SHIFT, s->buckets) != home) continue;
            visit(context, element_of(word));
            visited++;
        }
        if (!overflowed(b)) break;
        at = at + 1 == s->buckets ? 0 : at + 1;
    }
    return visited;
}

uint64_t table_scan(const table *t, uint64_t cursor, size_t count,
                    void (*visit)(void *context, void *element), void *context) {
    uint64_t place_in_order = cursor >> CURSOR_PATH_SHIFT & ((1ull << DEPTH_MAX) - 1);
    uint32_t tag = cursor >> CURSOR_TAG_SHIFT & 0xFFFF;
    uint32_t depth = cursor & 31;
    size_t visited = 0;
    while (place_in_order < 1ull << DEPTH_MAX) {
        const segment *s = segment_of(t->directory[reverse_path((uint32_t)place_in_order) & t->mask]);
        if (s->depth < depth) tag = 0; /* merged since: what was behind the cursor may hold unseen elements */
        uint32_t fetched = home_of(tag, s->buckets);
        for (uint32_t home = fetched; home < s->buckets; home++) {
            if (visited >= count) {
                uint64_t first_tag = (((uint64_t)home << 16) + s->buckets - 1) / s->buckets;
                return (uint64_t)place_in_order << CURSOR_PATH_SHIFT | first_tag << CURSOR_TAG_SHIFT |
                       s->depth;
            }
            while (fetched < s->buckets && fetched <= home + SCAN_AHEAD)
                prefetch_elements(&s->bucket[fetched++]);
            visited += visit_home(s, home, visit, context);
        }
        uint64_t interval = 1ull << (DEPTH_MAX - s->depth);
        place_in_order = (place_in_order & ~(interval - 1)) + interval;
        tag = depth = 0;
    }
    return 0;
}

void *table_random(const table *t) {
    if (t->count == 0) return NULL;
    /* A segment is chosen as often as directory entries lead to it, which is its share of all hashes. Within
     * it every slot is as likely. A table with very few elements for its buckets cannot be: segments shrink.
     */
    for (;;) {
        const segment *s = segment_of(t->directory[random_u64() & t->mask]);
        for (int tries = 0; tries < 2 * BUCKET_WORDS; tries++) {
            void *element = element_of(s->bucket[random_below(s->buckets)].word[random_below(BUCKET_WORDS)]);
            if (element) return element;
        }
    }
}

/* Elements are drawn, instead of walked over, if no more than this part of them is wanted. */
#define DRAWN_PART 4

struct sample_visitor {
    sample sample;
    void (*visit)(void *context, void *element);
    void *context;
};

static void visit_if_taken(void *context, void *element) {
    struct sample_visitor *v = context;
    if (sample_takes(&v->sample)) v->visit(v->context, element);
}

void table_random_distinct(const table *t, size_t count, void (*visit)(void *context, void *element),
                           void *context) {
    if (count > t->count) count = t->count;
    if (count > t->count / DRAWN_PART) {
        struct sample_visitor v = {{count, t->count}, visit, context};
        table_scan(t, 0, SIZE_MAX, visit_if_taken, &v);
        return;
    }
    drawn before = drawn_open(count);
    while (count > 0) {
        void *element = table_random(t);
        if (!drawn_add(&before, (uintptr_t)element)) continue;
        visit(context, element);
        count--;
    }
    drawn_close(&before);
}

/* --- Weighing --- */

struct weighing {
    size_t (*bytes_of)(const void *element);
    size_t elements, bytes;
};

static void weigh(void *context, void *element) {
    struct weighing *w = context;
    w->elements++;
    w->bytes += alloc_class(w->bytes_of(element));
}

size_t table_elements_bytes(const table *t, size_t samples, size_t (*bytes)(const void *element)) {
    struct weighing w = {.bytes_of = bytes};
    table_scan(t, 0, samples ? samples : SIZE_MAX, weigh, &w);
    return w.elements ? (size_t)((double)w.bytes / (double)w.elements * (double)t->count) : 0;
}

/* --- Finding what is due --- */

void table_note_due(table *t, uint64_t hash, const void *element, int64_t due_ms) {
    segment *s = segment_at(t, hash);
    uint64_t wanted = word_of(element, tag_of(hash));
    uint32_t at = home_of(tag_of(hash), s->buckets);
    for (uint32_t probe = 0; probe < s->buckets; probe++) {
        for (uint32_t i = 0; i < BUCKET_WORDS; i++) {
            if ((s->bucket[at].word[i] & ~OVERFLOWED) != wanted) continue;
            lower_due(t, s, &s->bucket[at], due_unit(due_ms));
            return;
        }
        at = at + 1 == s->buckets ? 0 : at + 1;
    }
    assert(!"table_note_due: no such element");
}

/* How many buckets a call looks into at most: where expiries were put off, the times on record have passed
 * but nothing is due. */
#define LOOKS_MAX 128

/* Collects what is due in one bucket and returns the bucket's next due time. */
static uint32_t collect_bucket(const table *t, const bucket *b, int64_t now_ms, void **elements,
                               size_t *count) {
    uint32_t next = DUE_NEVER;
    prefetch_elements(b);
    for (uint32_t i = 0; i < BUCKET_WORDS; i++) {
        void *element = element_of(b->word[i]);
        if (!element) continue;
        int64_t due_ms = t->kind->due_ms(element);
        if (due_ms <= now_ms) {
            elements[(*count)++] = element;
            continue;
        }
        uint32_t due = due_unit(due_ms);
        if (due < next) next = due;
    }
    return next;
}

size_t table_collect_due(table *t, int64_t now_ms, void **elements, size_t max, bool *more) {
    uint32_t now = due_unit(now_ms); /* a unit that has not ended may hold times to come */
    size_t count = 0, looks = 0;
    assert(max >= BUCKET_WORDS);
    while (t->heap_len > 0 && t->heap[0]->due < now && looks < LOOKS_MAX && count + BUCKET_WORDS <= max) {
        segment *s = t->heap[0];
        uint32_t next = DUE_NEVER;
        for (uint32_t i = 0; i < s->buckets; i++) {
            if (s->due_at[i] < now && looks < LOOKS_MAX && count + BUCKET_WORDS <= max) {
                s->due_at[i] = collect_bucket(t, &s->bucket[i], now_ms, elements, &count);
                looks++;
            }
            if (s->due_at[i] < next) next = s->due_at[i];
        }
        set_segment_due(t, s, next);
    }
    *more = t->heap_len > 0 && t->heap[0]->due < now;
    return count;
}

int64_t table_next_due_ms(const table *t) {
    if (t->heap_len == 0) return INT64_MAX;
    return due_base_ms() + ((int64_t)t->heap[0]->due << DUE_UNIT_SHIFT);
}

void table_figures(const table *t, struct table_figures *f) {
    *f = (struct table_figures){.segments = t->segments,
                                .buckets = t->buckets,
                                .slots = t->buckets * BUCKET_WORDS,
                                .directory_entries = t->mask + 1};
    uint64_t probes = 0;
    for (uint64_t i = 0; i <= t->mask; i++) {
        const segment *s = segment_of(t->directory[i]);
        if (s->path != i) continue;
        for (uint32_t j = 0; j < s->buckets; j++) {
            f->overflowed_buckets += overflowed(&s->bucket[j]);
            for (uint32_t k = 0; k < BUCKET_WORDS; k++) {
                uint64_t word = s->bucket[j].word[k];
                if (!(word & POINTER_MASK)) continue;
                probes += (j + s->buckets - home_of(word >> TAG_SHIFT, s->buckets)) % s->buckets + 1;
            }
        }
    }
    f->average_probes = t->count ? (double)probes / (double)t->count : 0;
}
