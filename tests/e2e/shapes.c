/* Shapes: the table. */
#include "shapes.h"

#include <stdio.h>
#include <string.h>

#include "server.h"

/* Places with names; no two names have the same place, whichever they are at. */
#define PLACE                                                                                                \
    "( 13.361389 38.115556 palermo | 15.087269 37.502669 catania | 12.758489 38.788135 edge1 | "             \
    "17.241510 38.788135 edge2 | 13.583333 37.316667 agrigento | -0.127758 51.507351 london | "              \
    "2.352222 48.856614 paris | -73.935242 40.730610 7 | 139.691711 35.689487 8 | 151.209290 -33.868820 9 "  \
    "| "                                                                                                     \
    "-58.381592 -34.603722 10 | 13.4 38.2 palermo | 15 37 catania | -0.1 51.5 london | "                     \
    "37.617298 55.755825 a-name-so-long-that-its-sorted-set-can-not-stay-packed-in-a-single-run )"
#define PLACE_NAME                                                                                           \
    "( palermo | catania | edge1 | edge2 | agrigento | london | paris | 7 | 8 | 9 | 10 | {member} )"
#define RADIUS   "( 100 km | 500000 m | 2000 km | 300 mi | 0 m | 1e5 ft | 12 KM | 30000 km )"
#define GEO_FROM "( FROMMEMBER " PLACE_NAME " | FROMLONLAT {longitude} {latitude} | FROMLONLAT 15 37 )"
#define GEO_BY   "( BYRADIUS " RADIUS " | BYBOX 400 400 km | BYBOX 3000 1000 km | BYBOX 5 9000 mi )"
#define GEO_WIDE                                                                                             \
    "( BYRADIUS 700 km | BYRADIUS 1200000 m | BYRADIUS 1250 km | BYRADIUS 620 km | BYBOX 3000 900 mi | "     \
    "BYBOX 900 3000 km )"
#define GEO_LIMIT "[COUNT {skip} [ANY]]"

/* The timeout of commands that wait. */
#define WAIT "0.001"

const shape shapes[] = {
    /* strings */
    {"SET {key} {value}", 60, COMPARE_EXACT},
    {"SET {key} {value} [( EX {s} | PX {ms} | EXAT {later} | PXAT {laterms} | KEEPTTL )] [( NX | XX )] [GET]",
     40, COMPARE_EXACT},
    {"SET past {value} ( EXAT {at} | PXAT {atms} )", 3, COMPARE_EXACT},
    {"( GET | DEL | EXISTS | INCR | TYPE ) past", 5, COMPARE_EXACT},
    {"SET {key} {value} [( NX | XX | GET | KEEPTTL | EX {s} | PX {ms} | {nonsense} )+]", 8, COMPARE_EXACT},
    {"GET {key}", 40, COMPARE_EXACT},
    {"GETSET {key} {value}", 8, COMPARE_EXACT},
    {"GETDEL {key}", 8, COMPARE_EXACT},
    {"GETEX {key} [( EX {s} | PX {ms} | EXAT {at} | PXAT {atms} | PERSIST )]", 12, COMPARE_EXACT},
    {"SETNX {key} {value}", 8, COMPARE_EXACT},
    {"SETEX {key} {s} {value}", 6, COMPARE_EXACT},
    {"PSETEX {key} {ms} {value}", 6, COMPARE_EXACT},
    {"MSET ( {key} {value} )+", 10, COMPARE_EXACT},
    {"MSETNX ( {key} {value} )+", 6, COMPARE_EXACT},
    {"MGET {key}+", 15, COMPARE_EXACT},
    {"APPEND {key} {value}", 20, COMPARE_EXACT},
    {"STRLEN {key}", 15, COMPARE_EXACT},
    {"( GETRANGE | SUBSTR ) {key} {position} {position}", 20, COMPARE_EXACT},
    {"SETRANGE {key} {offset} {value}", 15, COMPARE_EXACT},
    {"( INCR | DECR ) {key}", 20, COMPARE_EXACT},
    {"( INCRBY | DECRBY ) {key} {integer}", 20, COMPARE_EXACT},
    {"SET num {integer}", 10, COMPARE_EXACT},
    {"( INCRBY | DECRBY ) num {integer}", 20, COMPARE_EXACT},
    {"SET num {float}", 4, COMPARE_EXACT},
    {"INCRBYFLOAT num {float}", 10, COMPARE_EXACT},
    {"LCS {key} {key} [LEN] [IDX] [MINMATCHLEN {position}] [WITHMATCHLEN]", 4, COMPARE_EXACT},
    /* bits */
    {"SETBIT {key} {bitoffset} {bit}", 15, COMPARE_EXACT},
    {"GETBIT {key} {bitoffset}", 10, COMPARE_EXACT},
    {"BITCOUNT {key} [{position} {position} [( BYTE | BIT )]]", 15, COMPARE_EXACT},
    {"BITPOS {key} {bit} [{position} [{position} [( BYTE | BIT )]]]", 15, COMPARE_EXACT},
    {"BITOP ( AND | OR | XOR ) {key} {key}+", 10, COMPARE_EXACT},
    {"BITOP NOT {key} {key}", 5, COMPARE_EXACT},
    {"BITFIELD {key} ( GET {type} {fieldoffset} | SET {type} {fieldoffset} {integer} | INCRBY {type} "
     "{fieldoffset} {integer} "
     "| OVERFLOW ( WRAP | SAT | FAIL | {nonsense} ) )+",
     20, COMPARE_EXACT},
    {"BITFIELD_RO {key} ( GET {type} {fieldoffset} )+", 5, COMPARE_EXACT},
    /* sorted sets, kept under few keys so that they grow; all of one score in "lex" */
    {"ZADD ( z | zz | {key} ) ( {score} {member} )+", 60, COMPARE_EXACT},
    {"ZADD ( z | zz ) [( NX | XX )] [( GT | LT )] [CH] ( {score} {member} )+", 30, COMPARE_EXACT},
    {"ZADD ( z | zz ) [( NX | XX | GT | LT | CH | INCR | {nonsense} )+] {score} {member}", 20, COMPARE_EXACT},
    {"ZADD lex ( 0 {member} )+", 15, COMPARE_EXACT},
    {"ZINCRBY ( z | zz | {key} ) {score} {member}", 15, COMPARE_EXACT},
    {"ZREM ( z | zz | lex | {key} ) {member}+", 15, COMPARE_EXACT},
    {"( ZSCORE | ZMSCORE | ZRANK | ZREVRANK ) ( z | zz | {key} ) {member}", 20, COMPARE_EXACT},
    {"ZMSCORE ( z | zz ) {member}+", 6, COMPARE_EXACT},
    {"ZCARD ( z | zz | lex | {key} )", 8, COMPARE_EXACT},
    {"ZCOUNT ( z | zz | {key} ) {scoreedge} {scoreedge}", 10, COMPARE_EXACT},
    {"ZLEXCOUNT lex {memberedge} {memberedge}", 8, COMPARE_EXACT},
    {"( ZRANGE | ZREVRANGE ) ( z | zz | {key} ) {position} {position} [WITHSCORES]", 20, COMPARE_EXACT},
    {"( ZRANGEBYSCORE | ZREVRANGEBYSCORE ) ( z | zz ) {scoreedge} {scoreedge} [WITHSCORES] "
     "[LIMIT {start} {position}]",
     20, COMPARE_EXACT},
    {"( ZRANGEBYLEX | ZREVRANGEBYLEX ) lex {memberedge} {memberedge} [LIMIT {start} {position}]", 15,
     COMPARE_EXACT},
    {"ZRANGE ( z | zz ) {scoreedge} {scoreedge} BYSCORE [REV] [LIMIT {start} {position}] [WITHSCORES]", 15,
     COMPARE_EXACT},
    {"ZRANGE lex {memberedge} {memberedge} BYLEX [REV] [LIMIT {start} {position}]", 8, COMPARE_EXACT},
    {"ZRANGESTORE ( zz | {key} ) ( z | {key} ) {position} {position} [REV]", 5, COMPARE_EXACT},
    {"ZRANGESTORE zz z {scoreedge} {scoreedge} BYSCORE [REV] [LIMIT {skip} {position}]", 5, COMPARE_EXACT},
    {"ZREMRANGEBYRANK ( z | zz | {key} ) {position} {position}", 3, COMPARE_EXACT},
    {"ZREMRANGEBYSCORE ( z | zz ) {scoreedge} {scoreedge}", 3, COMPARE_EXACT},
    {"ZREMRANGEBYLEX lex {memberedge} {memberedge}", 3, COMPARE_EXACT},
    {"( ZPOPMIN | ZPOPMAX ) ( z | zz | {key} ) [{position}]", 6, COMPARE_EXACT},
    {"ZMPOP 2 ( {key} | zz ) z ( MIN | MAX ) [COUNT {position}]", 4, COMPARE_EXACT},
    {"( ZUNION | ZINTER ) 2 ( z | {key} ) zz [WEIGHTS {score} {score}] [AGGREGATE ( SUM | MIN | MAX )] "
     "[WITHSCORES]",
     10, COMPARE_EXACT},
    {"ZDIFF 2 ( z | {key} ) zz [WITHSCORES]", 5, COMPARE_EXACT},
    {"( ZUNIONSTORE | ZINTERSTORE ) ( z | {key} ) 3 z zz ( lex | {key} ) AGGREGATE ( MIN | MAX )", 5,
     COMPARE_EXACT},
    {"ZDIFFSTORE {key} 2 z zz", 3, COMPARE_EXACT},
    {"ZINTERCARD 2 z ( zz | {key} ) [LIMIT {position}]", 5, COMPARE_EXACT},
    {"ZRANDMEMBER ( z | {key} ) [( {small} | 1000 | abc ) [WITHSCORES]]", 4, COMPARE_LENGTH},
    {"ZSCAN ( z | lex | {key} ) 0 COUNT {count} [MATCH {pattern}]", 5, COMPARE_SCAN},
    {"( DEL | TYPE ) ( z | zz | lex )", 3, COMPARE_EXACT},
    {"OBJECT ENCODING ( z | zz | lex )", 5, COMPARE_EXACT},
    {"CONFIG SET zset-max-listpack-entries ( 4 | 16 | 128 )", 1, COMPARE_EXACT},
    {"CONFIG SET zset-max-listpack-value ( 4 | 64 )", 1, COMPARE_EXACT},
    /* geo: "g" has few places, "gg" many; the scores in "gd" are distances, which servers write differently,
     * and those under {key} are places at an edge of the map */
    {"GEOADD g [( NX | XX )] [CH] " PLACE "+", 15, COMPARE_EXACT},
    {"GEOADD gg ( ( {longitude} {latitude} {positionname} )+ )+", 25, COMPARE_EXACT},
    {"GEOADD g [( NX | XX | CH | {nonsense} )+] ( {longitude} | {float} ) {integer} 7", 3, COMPARE_EXACT},
    {"GEOADD {key} [( NX | XX | CH )+] 181 {latitude} 7", 2, COMPARE_EXACT},
    {"( GEOPOS | GEOHASH ) ( g | {key} ) " PLACE_NAME "+", 8, COMPARE_NUMBERS},
    {"GEODIST ( g | {key} ) " PLACE_NAME " " PLACE_NAME " [( M | km | ft | mi | {nonsense} )]", 8,
     COMPARE_EXACT},
    {"GEOSEARCH gg FROMLONLAT {longitude} {latitude} " GEO_WIDE " [( ASC | DESC )] [WITHHASH]", 25,
     COMPARE_EXACT},
    {"GEOSEARCH ( g | l | missing ) " GEO_FROM " " GEO_BY " [( ASC | DESC )] [WITHHASH]", 12, COMPARE_EXACT},
    {"GEOSEARCH ( g | gg ) " GEO_FROM " " GEO_BY " [( ASC | DESC )] " GEO_LIMIT " [WITHDIST] [WITHCOORD]", 20,
     COMPARE_NUMBERS},
    {"GEOSEARCH ( g | l | missing ) [" GEO_FROM "] [" GEO_BY "] [( {nonsense} | WITHDIST | ANY | ASC )+]", 5,
     COMPARE_EXACT},
    {"GEOSEARCHSTORE gs ( g | gg | l | missing ) " GEO_FROM " " GEO_BY " [( ASC | DESC )] [WITHDIST]", 4,
     COMPARE_EXACT},
    {"GEOSEARCHSTORE gs ( g | gg ) " GEO_FROM " " GEO_BY " [( ASC | DESC )] " GEO_LIMIT, 4, COMPARE_EXACT},
    {"GEOSEARCHSTORE gd ( g | gg ) " GEO_FROM " " GEO_BY " " GEO_LIMIT " STOREDIST", 6, COMPARE_EXACT},
    {"( GEORADIUS | GEORADIUS_RO ) ( g | gg ) {longitude} {latitude} " RADIUS " [( ASC | DESC )] " GEO_LIMIT
     " [WITHCOORD]",
     8, COMPARE_NUMBERS},
    {"( GEORADIUSBYMEMBER | GEORADIUSBYMEMBER_RO ) g " PLACE_NAME " " RADIUS " [( ASC | DESC )] " GEO_LIMIT,
     6, COMPARE_EXACT},
    {"GEORADIUS ( g | gg ) {longitude} {latitude} " RADIUS " " GEO_LIMIT " ( STORE gs | STOREDIST gd )", 4,
     COMPARE_EXACT},
    {"GEORADIUSBYMEMBER g " PLACE_NAME " " RADIUS " " GEO_LIMIT " ( STORE gs | STOREDIST gd )", 3,
     COMPARE_EXACT},
    {"( ZRANGE gs 0 -1 WITHSCORES | ZRANGE gd 0 -1 | ZCARD gg | OBJECT ENCODING gs | DEL gs )", 8,
     COMPARE_EXACT},
    {"( ZREM g " PLACE_NAME " | DEL g )", 4, COMPARE_EXACT},
    /* sets; taking members out at random would make the servers go different ways */
    {"SADD {key} {setmember}+", 30, COMPARE_EXACT},
    {"SADD {key} ( {setmember}+ )+", 15, COMPARE_EXACT},
    {"SREM {key} {setmember}+", 20, COMPARE_EXACT},
    {"SMOVE {key} {key} {setmember}", 10, COMPARE_EXACT},
    {"SISMEMBER {key} {setmember}", 10, COMPARE_EXACT},
    {"SMISMEMBER {key} {setmember}+", 6, COMPARE_EXACT},
    {"SCARD {key}", 6, COMPARE_EXACT},
    {"SMEMBERS {key}", 15, COMPARE_UNORDERED},
    {"SSCAN {key} 0 [COUNT {count}] [MATCH {pattern}]", 6, COMPARE_SCAN},
    {"( SINTER | SUNION | SDIFF ) {key}+", 15, COMPARE_UNORDERED},
    {"( SINTERSTORE | SUNIONSTORE | SDIFFSTORE ) {key} {key}+", 15, COMPARE_EXACT},
    {"SRANDMEMBER {key} [( {small} | abc )]", 4, COMPARE_LENGTH},
    {"SPOP {key} ( 1000 | 0 | -1 | abc )", 1, COMPARE_UNORDERED},
    {"CONFIG SET set-max-intset-entries ( 16 | 512 )", 1, COMPARE_EXACT},
    {"@7.2 CONFIG SET set-max-listpack-entries ( 4 | 16 )", 1, COMPARE_EXACT},
    {"@7.2 CONFIG SET set-max-listpack-value ( 8 | 64 )", 1, COMPARE_EXACT},
    {"SINTERCARD ( 1 {key} | 2 {key} {key} | {position} {key}+ ) [LIMIT {position}]", 8, COMPARE_EXACT},
    /* hashes */
    {"HSET ( h | hh | {key} ) ( {member} {member} )+", 40, COMPARE_EXACT},
    {"HSET ( h | {key} ) ( {member} {value} )+", 15, COMPARE_EXACT},
    {"HSET hh ( {member} {integer} )+", 10, COMPARE_EXACT},
    {"HMSET ( hh | {key} ) ( {member} {member} )+", 5, COMPARE_EXACT},
    {"HSETNX ( h | hh | {key} ) {member} {member}", 8, COMPARE_EXACT},
    {"( HGET | HEXISTS | HSTRLEN ) ( h | hh | {key} ) {member}", 30, COMPARE_EXACT},
    {"HMGET ( h | hh | {key} ) {member}+", 10, COMPARE_EXACT},
    {"HLEN ( h | hh | {key} )", 8, COMPARE_EXACT},
    {"HGETALL ( h | hh | {key} )", 8, COMPARE_PAIRS},
    {"( HKEYS | HVALS ) ( h | hh | {key} )", 8, COMPARE_UNORDERED},
    {"HDEL ( h | hh | {key} ) {member}+", 30, COMPARE_EXACT},
    {"HINCRBY ( hh | {key} ) {member} {integer}", 15, COMPARE_EXACT},
    {"HINCRBYFLOAT hh {member} {float}", 8, COMPARE_EXACT},
    {"HSCAN ( h | hh | {key} ) 0 [COUNT {count}] [MATCH {pattern}]", 6, COMPARE_SCAN},
    {"HRANDFIELD ( h | hh | {key} ) [( {small} | abc ) [WITHVALUES]]", 4, COMPARE_LENGTH},
    {"( DEL | TYPE ) ( h | hh )", 3, COMPARE_EXACT},
    {"OBJECT ENCODING ( h | hh )", 5, COMPARE_EXACT},
    {"CONFIG SET hash-max-listpack-entries ( 4 | 16 | 128 )", 1, COMPARE_EXACT},
    {"CONFIG SET hash-max-listpack-value ( 4 | 64 )", 1, COMPARE_EXACT},
    {"@7.4 HSCAN ( h | hh ) 0 COUNT 10000 NOVALUES", 3, COMPARE_SCAN},
    {"@7.4 HEXPIRE ( h | hh | {key} ) {s} [( NX | XX | GT | LT )] FIELDS ( 1 {member} | 2 {member} {member} "
     ")",
     10, COMPARE_EXACT},
    {"@7.4 HPEXPIRE ( h | hh ) {ms} [( NX | XX | GT | LT )] FIELDS ( 1 {member} | 2 {member} {member} )", 6,
     COMPARE_EXACT},
    {"@7.4 HEXPIREAT ( h | hh ) {at} [( NX | XX | GT | LT )] FIELDS ( 1 {member} | {skip} {member}+ )", 6,
     COMPARE_EXACT},
    {"@7.4 HPEXPIREAT ( h | hh ) {atms} [( NX | XX | GT | LT )] FIELDS ( 1 {member} | {skip} {member}+ )", 6,
     COMPARE_EXACT},
    {"@7.4 ( HTTL | HEXPIRETIME ) ( h | hh | {key} ) FIELDS ( 1 {member} | 2 {member} {member} )", 8,
     COMPARE_SECONDS},
    {"@7.4 ( HPTTL | HPEXPIRETIME ) ( h | hh | {key} ) FIELDS ( 1 {member} | {skip} {member}+ )", 8,
     COMPARE_MS},
    {"@7.4 HPERSIST ( h | hh | {key} ) FIELDS ( 1 {member} | 2 {member} {member} )", 6, COMPARE_EXACT},
    {"@8.0 HSETEX ( h | hh | {key} ) [( FNX | FXX | {skip} )] [( EX {s} | PX {ms} | EXAT {at} | PXAT {atms} "
     "| KEEPTTL "
     ")] "
     "FIELDS ( 1 {member} {member} | 2 {member} {value} {member} {member} )",
     12, COMPARE_EXACT},
    {"@8.0 HGETEX ( h | hh | {key} ) [( EX {s} | PX {ms} | EXAT {at} | PXAT {atms} | PERSIST )] "
     "FIELDS ( 1 {member} | 2 {member} {member} )",
     10, COMPARE_EXACT},
    {"@8.0 HGETDEL ( h | hh | {key} ) FIELDS ( 1 {member} | {skip} {member}+ )", 6, COMPARE_EXACT},
    /* lists; counts that 7.0 takes for others are left out */
    {"( LPUSH | RPUSH ) {key} {value}+", 40, COMPARE_EXACT},
    {"( LPUSH | RPUSH ) l ( {value}+ )+", 20, COMPARE_EXACT},
    {"( LPUSHX | RPUSHX ) ( l | {key} ) {value}+", 8, COMPARE_EXACT},
    {"( LPOP | RPOP ) ( l | {key} )", 15, COMPARE_EXACT},
    {"( LPOP | RPOP ) ( l | {key} ) {position}", 6, COMPARE_EXACT},
    {"LLEN ( l | {key} )", 6, COMPARE_EXACT},
    {"LINDEX ( l | {key} ) {position}", 10, COMPARE_EXACT},
    {"LRANGE ( l | {key} ) {position} {position}", 15, COMPARE_EXACT},
    {"LSET ( l | {key} ) {index} {value}", 15, COMPARE_EXACT},
    {"LINSERT ( l | {key} ) ( BEFORE | AFTER | {nonsense} ) {value} {value}", 10, COMPARE_EXACT},
    {"LREM ( l | {key} ) ( 0 | -1 | -2 | {skip} ) {value}", 10, COMPARE_EXACT},
    {"LTRIM {key} {position} {position}", 6, COMPARE_EXACT},
    {"LTRIM l {skip} ( -1 | -2 | {position} )", 4, COMPARE_EXACT},
    {"LPOS ( l | {key} ) {value} [RANK ( -1 | -2 | {skip} )] [COUNT {position}] [MAXLEN {position}]", 15,
     COMPARE_EXACT},
    {"LMOVE ( l | {key} ) ( l | {key} ) ( LEFT | RIGHT | {nonsense} ) ( LEFT | RIGHT )", 12, COMPARE_EXACT},
    {"RPOPLPUSH ( l | {key} ) ( l | {key} )", 6, COMPARE_EXACT},
    {"LMPOP ( 1 l | 2 {key} l | {position} {key}+ ) ( LEFT | RIGHT ) [COUNT {position}]", 8, COMPARE_EXACT},
    {"@7.2 OBJECT ENCODING l", 5, COMPARE_EXACT},
    /* HyperLogLogs; what other commands have made corrupt gets one element at a time, since 7.0 keeps those
     * that come before the one that fails */
    {"PFADD ( hll | hll2 | hll3 ) {setmember}+", 20, COMPARE_EXACT},
    {"PFADD ( hll | hll2 | hll3 ) ( {integer}+ {value}+ {value}+ {setmember}+ )+", 20, COMPARE_EXACT},
    {"PFADD {key} [{value}]", 8, COMPARE_EXACT},
    {"SET ( hll | hll2 | hll3 ) {hyperloglog}", 2, COMPARE_EXACT},
    {"PFCOUNT ( hll | hll2 | hll3 | {key} )", 15, COMPARE_EXACT},
    {"PFCOUNT ( hll | hll2 | hll3 | {key} )+", 10, COMPARE_EXACT},
    {"PFMERGE ( hll | hll3 | {key} ) ( hll | hll2 | hll3 | {key} )+", 8, COMPARE_EXACT},
    {"GET ( hll | hll2 | hll3 )", 15, COMPARE_EXACT},
    {"PFDEBUG ( ENCODING | DECODE | TODENSE | GETREG | {nonsense} ) ( hll | hll2 | hll3 )", 2, COMPARE_EXACT},
    {"( DEL | OBJECT ENCODING | STRLEN ) ( hll | hll2 | hll3 )", 6, COMPARE_EXACT},
    {"CONFIG SET hll-sparse-max-bytes ( 0 | 40 | 300 | 3000 | 3000 | 16000 )", 4, COMPARE_EXACT},
    /* what waits if there is nothing, for so short a time that nobody else is served */
    {"( BLPOP | BRPOP ) ( l | {key} ) ( l | {key} ) " WAIT, 6, COMPARE_EXACT},
    {"( BLPOP | BRPOP | BZPOPMIN ) {key} ( abc | -1 | nan )", 2, COMPARE_EXACT},
    {"BLMOVE ( l | {key} ) ( l | {key} ) ( LEFT | RIGHT | {nonsense} ) ( LEFT | RIGHT ) " WAIT, 5,
     COMPARE_EXACT},
    {"BRPOPLPUSH ( l | {key} ) ( l | {key} ) " WAIT, 4, COMPARE_EXACT},
    {"BLMPOP " WAIT " ( 1 l | 2 {key} l | {position} {key}+ ) ( LEFT | RIGHT ) [COUNT {position}]", 5,
     COMPARE_EXACT},
    {"( BZPOPMIN | BZPOPMAX ) ( z | zz | {key} ) ( z | {key} ) " WAIT, 5, COMPARE_EXACT},
    {"BZMPOP " WAIT " ( 1 z | 2 {key} zz | {position} {key}+ ) ( MIN | MAX ) [COUNT {position}]", 4,
     COMPARE_EXACT},
    /* transactions; MULTI, and what belongs to it, come apart from the shapes */
    {"WATCH {key}+", 12, COMPARE_EXACT},
    {"UNWATCH", 2, COMPARE_EXACT},
    {"DISCARD [abc]", 1, COMPARE_EXACT},
    {"EXEC [abc]", 1, COMPARE_QUEUED},
    /* sorting of whole numbers (see {weight}); only lists have an order that equal texts could keep */
    {"( LPUSH | RPUSH ) sl {small}+", 8, COMPARE_EXACT},
    {"LTRIM sl -40 -1", 2, COMPARE_EXACT},
    {"SADD ss {small}+", 6, COMPARE_EXACT},
    {"ZADD sz ( {score} {small} )+", 6, COMPARE_EXACT},
    {"SET {weightkey} {weight}", 10, COMPARE_EXACT},
    {"HSET {weighthash} f {weight}", 8, COMPARE_EXACT},
    {"DEL ( sl | ss | sz | {weightkey}+ | {weighthash}+ )", 3, COMPARE_EXACT},
    {"( SORT | SORT_RO ) ( sl | sl BY ( w_* | nosort ) | ( ss | sz ) BY ( w_* | wh_*->f | none_* ) | "
     "sz BY nosort ) [LIMIT {start} {position}] [GET ( # | w_* | wh_*->f | {pattern} )] [GET ( # | w_* )] "
     "[( ASC | DESC )]",
     25, COMPARE_EXACT},
    {"( SORT | SORT_RO ) sl ALPHA [BY ( w_* | wh_*->f | none_* )] [DESC] [GET {pattern}]", 5, COMPARE_EXACT},
    {"SORT ( sl | ( sl | ss | sz ) BY ( w_* | wh_*->f | nosort ) ) [LIMIT {start} {position}] "
     "[GET ( # | w_* )] [DESC] STORE sd",
     8, COMPARE_EXACT},
    {"SORT ( sl | ss | sz | l | {key} ) ALPHA [LIMIT {start} {position}] [DESC] STORE ( sd | {key} )", 5,
     COMPARE_EXACT},
    {"( SORT | SORT_RO ) ( sl | missing ) "
     "( ALPHA | DESC | ASC | BY | GET | LIMIT | STORE | {start} | {nonsense} )+",
     4, COMPARE_EXACT},
    {"LRANGE sd 0 -1", 5, COMPARE_EXACT},
    /* the keyspace */
    {"( DEL | UNLINK | EXISTS | TOUCH ) {key}+", 25, COMPARE_EXACT},
    {"TYPE {key}", 5, COMPARE_EXACT},
    {"( RENAME | RENAMENX ) {key} {key}", 12, COMPARE_EXACT},
    {"COPY {key} {key} [DB {db}] [REPLACE]", 10, COMPARE_EXACT},
    {"MOVE {key} {db}", 8, COMPARE_EXACT},
    {"SELECT {db}", 10, COMPARE_EXACT},
    {"SWAPDB {db} {db}", 3, COMPARE_EXACT},
    {"DBSIZE", 5, COMPARE_SHAPE}, /* expired keys count until someone removes them; KEYS is exact */
    {"FLUSHDB [( SYNC | ASYNC | {nonsense} )]", 1, COMPARE_EXACT},
    {"RANDOMKEY", 3, COMPARE_SHAPE},
    {"KEYS {pattern}", 8, COMPARE_UNORDERED},
    {"SCAN 0 COUNT {count} [MATCH {pattern}] [TYPE ( string | list | set )]", 8, COMPARE_SCAN},
    {"OBJECT ENCODING {key}", 20, COMPARE_ENCODING},
    {"OBJECT ( FREQ {key} | nonsense | ENCODING | REFCOUNT missing )", 3, COMPARE_EXACT},
    {"OBJECT IDLETIME {key}", 3, COMPARE_SHAPE},
    /* expiry */
    {"EXPIRE {key} {s} [( NX | XX | GT | LT | {nonsense} )+]", 12, COMPARE_EXACT},
    {"PEXPIRE {key} {ms} [( NX | XX | GT | LT )+]", 8, COMPARE_EXACT},
    {"EXPIREAT {key} {at} [( NX | XX | GT | LT )+]", 8, COMPARE_EXACT},
    {"PEXPIREAT {key} {atms} [( NX | XX | GT | LT )+]", 8, COMPARE_EXACT},
    {"( TTL | EXPIRETIME ) {key}", 12, COMPARE_SECONDS},
    {"( PTTL | PEXPIRETIME ) {key}", 12, COMPARE_MS},
    {"PERSIST {key}", 8, COMPARE_EXACT},
    /* the connection and what is no command */
    {"PING [{value}]", 3, COMPARE_EXACT},
    {"ECHO {value}", 3, COMPARE_EXACT},
    {"{nonsense} {key}+", 3, COMPARE_EXACT},
    {"COMMAND ( GETKEYS | GETKEYSANDFLAGS ) ( SET {key} {value} | MGET {key}+ | BITOP AND {key} {key} | "
     "RENAME {key} {key} )",
     2, COMPARE_EXACT},
};

const int shape_count = sizeof(shapes) / sizeof(shapes[0]);

const char *shape_syntax(const shape *s, const int oracle_version[2]) {
    int version[2], len;
    if (s->syntax[0] != '@') return s->syntax;
    if (sscanf(s->syntax, "@%d.%d %n", &version[0], &version[1], &len) != 2) die("a bad version in a shape");
    return version_at_least(oracle_version, version[0], version[1]) ? s->syntax + len : NULL;
}

bool shape_sets_expiry(const shape *s) {
    return strstr(s->syntax, "{s}") || strstr(s->syntax, "{ms}") || strstr(s->syntax, "{at}") ||
           strstr(s->syntax, "{atms}") || strstr(s->syntax, "{later}");
}

bool shape_must_stay(const shape *s) {
    static const char *const parts[] = {
        "ZADD lex", "{small}", "{weight", "SPOP",        "ZRANGESTORE",       "ZREMRANGEBYSCORE",
        "HSETEX",   "LSET",    "SORT ",   "ENCODING ( ", "| OBJECT ENCODING", "| ENCODING |",
        "-1 | nan", "GEOADD",  GEO_LIMIT, WAIT};
    if (s->comparison == COMPARE_QUEUED) return true;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (strstr(s->syntax, parts[i])) return true;
    return false;
}

bool shape_names_key(const bytes *word) {
    static const char *const names[] = {"z", "zz", "lex", "h", "hh", "l", "sl", "ss", "sz", "sd", "past"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i], word->data) == 0) return true;
    return false;
}
