# The benchmark's programs and what each is made of; sources lie in tools/bench/.
BENCH_PROGRAMS := stint-load floor bench

BENCH_ENGINE := engine workload chooser replies latency endpoint process

BENCH_stint-load := load option $(BENCH_ENGINE)
BENCH_floor      := floor endpoint
BENCH_bench      := main option bench works fanout memory growth stalls floor_start report chart results server $(BENCH_ENGINE)
