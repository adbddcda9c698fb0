/* Timer: a binary heap, places counted from 1 so that 0 can mean "not set". */
#include "net/timer.h"

#include <limits.h>
#include <stddef.h>

#include "base/alloc.h"

static timer **heap; /* heap[1] is the earliest */
static uint32_t count, capacity;

static void put(uint32_t place, timer *t) {
    heap[place] = t;
    t->place = place;
}

static void sift_up(uint32_t place) {
    timer *t = heap[place];
    for (; place > 1 && heap[place / 2]->when_ms > t->when_ms; place /= 2) put(place, heap[place / 2]);
    put(place, t);
}

static void sift_down(uint32_t place) {
    timer *t = heap[place];
    for (uint32_t child; (child = 2 * place) <= count; place = child) {
        if (child < count && heap[child + 1]->when_ms < heap[child]->when_ms) child++;
        if (heap[child]->when_ms >= t->when_ms) break;
        put(place, heap[child]);
    }
    put(place, t);
}

void timer_set(timer *t, int64_t when_ms) {
    t->when_ms = when_ms;
    if (!t->place) {
        alloc_make_room(heap, count + 1, capacity); /* places are counted from 1 */
        put(++count, t);
    }
    sift_up(t->place);
    sift_down(t->place);
}

void timer_cancel(timer *t) {
    uint32_t place = t->place;
    if (!place) return;
    t->place = 0;
    timer *last = heap[count--];
    if (last == t) return;
    put(place, last);
    sift_up(place);
    sift_down(last->place);
}

int timer_wait_ms(int64_t now_ms) {
    if (!count) return -1;
    int64_t left = heap[1]->when_ms - now_ms;
    if (left <= 0) return 0;
    return left < INT_MAX ? (int)left : INT_MAX;
}

void timer_run_due(int64_t now_ms) {
    while (count && heap[1]->when_ms <= now_ms) {
        timer *t = heap[1];
        timer_cancel(t);
        t->callback(t);
    }
}
