/* Handlers: one for each command and subcommand, named after it; the rows in command/table/ point at them. */
#ifndef STINT_COMMAND_HANDLERS_H
#define STINT_COMMAND_HANDLERS_H

#include "server/command.h"

/* Connection */
command_handler command_ping;
command_handler command_echo;
command_handler command_select;
command_handler command_quit;
command_handler command_reset;
command_handler command_hello;
command_handler command_auth;
command_handler command_client_id;
command_handler command_client_getname;
command_handler command_client_setname;
command_handler command_client_setinfo;
command_handler command_client_info;
command_handler command_client_list;
command_handler command_client_kill;
command_handler command_client_reply;
command_handler command_client_unblock;
command_handler command_client_no_evict;
command_handler command_client_no_touch;
command_handler command_client_help;

/* Transactions */
command_handler command_multi;
command_handler command_exec;
command_handler command_discard;
command_handler command_watch;
command_handler command_unwatch;

/* Generic */
command_handler command_del;
command_handler command_unlink;
command_handler command_exists;
command_handler command_touch;
command_handler command_type;
command_handler command_keys;
command_handler command_scan;
command_handler command_randomkey;
command_handler command_rename;
command_handler command_renamenx;
command_handler command_copy;
command_handler command_move;
command_handler command_expire;
command_handler command_pexpire;
command_handler command_expireat;
command_handler command_pexpireat;
command_handler command_ttl;
command_handler command_pttl;
command_handler command_expiretime;
command_handler command_pexpiretime;
command_handler command_persist;
command_handler command_sort;
command_handler command_sort_ro;
command_handler command_object_encoding;
command_handler command_object_refcount;
command_handler command_object_idletime;
command_handler command_object_freq;
command_handler command_object_help;

/* String */
command_handler command_delifeq;
command_handler command_set;
command_handler command_get;
command_handler command_getset;
command_handler command_getdel;
command_handler command_getex;
command_handler command_mget;
command_handler command_mset;
command_handler command_msetnx;
command_handler command_msetex;
command_handler command_setnx;
command_handler command_setex;
command_handler command_psetex;
command_handler command_append;
command_handler command_strlen;
command_handler command_getrange;
command_handler command_setrange;
command_handler command_substr;
command_handler command_incr;
command_handler command_decr;
command_handler command_incrby;
command_handler command_decrby;
command_handler command_incrbyfloat;
command_handler command_lcs;

/* Sorted set */
command_handler command_zadd;
command_handler command_zincrby;
command_handler command_zrem;
command_handler command_zcard;
command_handler command_zscore;
command_handler command_zmscore;
command_handler command_zrank;
command_handler command_zrevrank;
command_handler command_zcount;
command_handler command_zlexcount;
command_handler command_zrange;
command_handler command_zrangestore;
command_handler command_zrangebyscore;
command_handler command_zrevrangebyscore;
command_handler command_zrangebylex;
command_handler command_zrevrangebylex;
command_handler command_zrevrange;
command_handler command_zremrangebyrank;
command_handler command_zremrangebyscore;
command_handler command_zremrangebylex;
command_handler command_zpopmin;
command_handler command_zpopmax;
command_handler command_zmpop;
command_handler command_bzpopmin;
command_handler command_bzpopmax;
command_handler command_bzmpop;
command_handler command_zrandmember;
command_handler command_zunion;
command_handler command_zinter;
command_handler command_zdiff;
command_handler command_zunionstore;
command_handler command_zinterstore;
command_handler command_zdiffstore;
command_handler command_zintercard;
command_handler command_zscan;

/* Geo */
command_handler command_geoadd;
command_handler command_geopos;
command_handler command_geodist;
command_handler command_geohash;
command_handler command_geosearch;
command_handler command_geosearchstore;
command_handler command_georadius;
command_handler command_georadius_ro;
command_handler command_georadiusbymember;
command_handler command_georadiusbymember_ro;

/* Bitmap */
command_handler command_setbit;
command_handler command_getbit;
command_handler command_bitcount;
command_handler command_bitpos;
command_handler command_bitop;
command_handler command_bitfield;
command_handler command_bitfield_ro;

/* Set */
command_handler command_sadd;
command_handler command_srem;
command_handler command_smove;
command_handler command_scard;
command_handler command_sismember;
command_handler command_smismember;
command_handler command_smembers;
command_handler command_sscan;
command_handler command_spop;
command_handler command_srandmember;
command_handler command_sinter;
command_handler command_sintercard;
command_handler command_sinterstore;
command_handler command_sunion;
command_handler command_sunionstore;
command_handler command_sdiff;
command_handler command_sdiffstore;

/* List */
command_handler command_lpush;
command_handler command_rpush;
command_handler command_lpushx;
command_handler command_rpushx;
command_handler command_lpop;
command_handler command_rpop;
command_handler command_lmpop;
command_handler command_blpop;
command_handler command_brpop;
command_handler command_blmpop;
command_handler command_lmove;
command_handler command_rpoplpush;
command_handler command_blmove;
command_handler command_brpoplpush;
command_handler command_llen;
command_handler command_lindex;
command_handler command_lrange;
command_handler command_lpos;
command_handler command_lset;
command_handler command_linsert;
command_handler command_lrem;
command_handler command_ltrim;

/* Hash */
command_handler command_hset;
command_handler command_hmset;
command_handler command_hsetnx;
command_handler command_hget;
command_handler command_hmget;
command_handler command_hgetall;
command_handler command_hkeys;
command_handler command_hvals;
command_handler command_hlen;
command_handler command_hstrlen;
command_handler command_hexists;
command_handler command_hdel;
command_handler command_hincrby;
command_handler command_hincrbyfloat;
command_handler command_hrandfield;
command_handler command_hscan;
command_handler command_hexpire;
command_handler command_hpexpire;
command_handler command_hexpireat;
command_handler command_hpexpireat;
command_handler command_httl;
command_handler command_hpttl;
command_handler command_hexpiretime;
command_handler command_hpexpiretime;
command_handler command_hpersist;
command_handler command_hgetdel;
command_handler command_hgetex;
command_handler command_hsetex;

/* HyperLogLog */
command_handler command_pfadd;
command_handler command_pfcount;
command_handler command_pfmerge;
command_handler command_pfdebug;
command_handler command_pfselftest;
/* Pubsub */
command_handler command_subscribe;
command_handler command_unsubscribe;
command_handler command_psubscribe;
command_handler command_punsubscribe;
command_handler command_ssubscribe;
command_handler command_sunsubscribe;
command_handler command_publish;
command_handler command_spublish;
command_handler command_pubsub_channels;
command_handler command_pubsub_numpat;
command_handler command_pubsub_numsub;
command_handler command_pubsub_shardchannels;
command_handler command_pubsub_shardnumsub;
command_handler command_pubsub_help;

/* Server */
command_handler command_swapdb;
command_handler command_dbsize;
command_handler command_flushdb;
command_handler command_flushall;
command_handler command_info;
command_handler command_command;
command_handler command_command_count;
command_handler command_command_docs;
command_handler command_command_info;
command_handler command_command_list;
command_handler command_command_getkeys;
command_handler command_command_getkeysandflags;
command_handler command_command_help;
command_handler command_config_get;
command_handler command_config_set;
command_handler command_config_rewrite;
command_handler command_config_resetstat;
command_handler command_config_help;
command_handler command_time;
command_handler command_monitor;
command_handler command_hotkeys;
command_handler command_slowlog_get;
command_handler command_slowlog_len;
command_handler command_slowlog_reset;
command_handler command_slowlog_help;
command_handler command_latency_latest;
command_handler command_latency_history;
command_handler command_latency_reset;
command_handler command_latency_graph;
command_handler command_latency_doctor;
command_handler command_latency_histogram;
command_handler command_latency_help;
command_handler command_memory_usage;
command_handler command_memory_stats;
command_handler command_memory_doctor;
command_handler command_memory_purge;
command_handler command_memory_malloc_stats;
command_handler command_memory_help;
command_handler command_debug;
command_handler command_lolwut;
command_handler command_shutdown;

#endif
