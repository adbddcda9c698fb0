/* Key rules: what the key specifications of single commands can't say; see command_key_rule. */
#ifndef STINT_COMMAND_KEY_RULES_H
#define STINT_COMMAND_KEY_RULES_H

#include "server/request/command.h"

command_key_rule key_rule_set;      /* the old value is read only with GET */
command_key_rule key_rule_bitfield; /* nothing is written if all operations are GET */
command_key_rule key_rule_sort;     /* the destination is behind the last STORE */

#endif
