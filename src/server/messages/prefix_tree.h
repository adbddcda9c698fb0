/* Prefix tree: a set of texts that knows which of them are beginnings of others. Finds all members that a
 * given text begins with by reading that text once, however many members there are. */
#ifndef STINT_SERVER_MESSAGES_PREFIX_TREE_H
#define STINT_SERVER_MESSAGES_PREFIX_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/* A member: part of whatever it stands for, at a place that does not change. The text is not the tree's and
 * must last; the rest is the tree's own. */
typedef struct prefix_node prefix_node;
struct prefix_node {
    slice text;
    size_t bits; /* of all members below, that many are the same */
    bool is_branch;
    prefix_node *parent;
    prefix_node *child[2];
};

/* Zeroed: empty. */
typedef struct prefix_tree {
    prefix_node *root;
    size_t count; /* of members */
} prefix_tree;

/* Adds a member, whose text no other member has; takes one out. */
void prefix_tree_add(prefix_tree *tree, prefix_node *node);
void prefix_tree_remove(prefix_tree *tree, prefix_node *node);

/* The member with that text, or NULL. */
prefix_node *prefix_tree_find(const prefix_tree *tree, slice text);
/* The shortest member that the text begins with and that is longer than `before`, which is one of those or
 * NULL. NULL if there is no other. */
prefix_node *prefix_tree_match(const prefix_tree *tree, slice text, const prefix_node *before);
/* The first member, in the order of bytes, that the text begins with or that begins with the text; NULL if
 * there is none. */
prefix_node *prefix_tree_overlap(const prefix_tree *tree, slice text);

/* The first member in the order of bytes, and the one that follows; NULL at the end. */
prefix_node *prefix_tree_first(const prefix_tree *tree);
prefix_node *prefix_tree_next(const prefix_node *node);

#endif
