/* Comparison: how the replies of two servers to the same command are compared. */
#ifndef STINT_E2E_COMPARISON_H
#define STINT_E2E_COMPARISON_H

typedef enum comparison {
    COMPARE_EXACT,     /* the same bytes */
    COMPARE_SECONDS,   /* integers may differ by what the clock moved meanwhile, in seconds */
    COMPARE_MS,        /* the same in milliseconds */
    COMPARE_UNORDERED, /* the elements of arrays in any order */
    COMPARE_PAIRS,     /* pairs of elements in any order */
    COMPARE_SCAN,      /* a cursor and elements in any order; incomparable once either cursor is not 0 */
    COMPARE_ENCODING,  /* the same bytes; but what is packed may be large where Redis makes it so */
    COMPARE_NUMBERS,   /* texts that are numbers by value: 7.0 writes coordinates with more digits */
    COMPARE_QUEUED,    /* of EXEC: each reply as that of the request that was queued */
    COMPARE_LENGTH,    /* the type and the number of elements, and errors: the content is random */
    COMPARE_SHAPE,     /* only the types: the content is random or depends on the server */
} comparison;

#endif
