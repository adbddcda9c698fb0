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
command_handler command_client_no_evict;
command_handler command_client_no_touch;
command_handler command_client_help;

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

/* Bitmap */
command_handler command_setbit;
command_handler command_getbit;
command_handler command_bitcount;
command_handler command_bitpos;
command_handler command_bitop;
command_handler command_bitfield;
command_handler command_bitfield_ro;

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
