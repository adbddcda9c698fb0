/* Prefix tree: a binary radix tree. On the way from the root each node has more bits than the one before, and
 * its text goes on, in the next bit, with what the child's side says.
 *
 *     "a"                        members "a", "ab", "abc", "ad"
 *      |
 *     (branch: "ab" and "ad" differ in bit 13)
 *      |      \
 *     "ab"    "ad"
 *      |
 *     "abc"
 *
 * A branch stands where members part without one of them being the beginning of the others: it has two
 * children and no text, and is passed unread. So a search compares the text with members only, each time with
 * those bytes that the member before it did not have, and no more nodes are passed than the text has bits. */
#include "server/messages/prefix_tree.h"

#include <assert.h>

#include "base/alloc.h"

static int bit_at(slice text, size_t bit) { return (unsigned char)text.data[bit / 8] >> (7 - bit % 8) & 1; }

/* The bit in which the two part; where one is the beginning of the other, its end. */
static size_t first_difference(slice a, slice b) {
    size_t len = a.len < b.len ? a.len : b.len, i = 0;
    while (i < len && a.data[i] == b.data[i]) i++;
    if (i == len) return 8 * len;
    unsigned different = (unsigned char)(a.data[i] ^ b.data[i]);
    return 8 * i + (size_t)__builtin_clz(different) - 24;
}

/* Where the text's way goes on from a node; NULL if nothing is there. */
static prefix_node *step(const prefix_node *node, slice text) {
    return node->bits < 8 * text.len ? node->child[bit_at(text, node->bits)] : NULL;
}

static prefix_node *first_member(const prefix_node *node) {
    while (node->is_branch) node = node->child[0];
    return (prefix_node *)node;
}

/* --- Finding --- */

prefix_node *prefix_tree_match(const prefix_tree *tree, slice text, const prefix_node *before) {
    size_t same = before ? before->text.len : 0;
    prefix_node *node = before ? step(before, text) : tree->root;
    while (node && node->is_branch) node = step(node, text);
    if (!node || node->text.len > text.len) return NULL;
    return memcmp(node->text.data + same, text.data + same, node->text.len - same) == 0 ? node : NULL;
}

prefix_node *prefix_tree_find(const prefix_tree *tree, slice text) {
    prefix_node *node = prefix_tree_match(tree, text, NULL);
    while (node && node->text.len < text.len) node = prefix_tree_match(tree, text, node);
    return node;
}

prefix_node *prefix_tree_overlap(const prefix_tree *tree, slice text) {
    prefix_node *node = prefix_tree_match(tree, text, NULL);
    if (node) return node;
    node = tree->root;
    while (node && node->bits < 8 * text.len) node = step(node, text);
    if (!node) return NULL;
    node = first_member(node);
    return memcmp(node->text.data, text.data, text.len) == 0 ? node : NULL;
}

prefix_node *prefix_tree_first(const prefix_tree *tree) {
    return tree->root ? first_member(tree->root) : NULL;
}

prefix_node *prefix_tree_next(const prefix_node *node) {
    for (int side = 0; side < 2; side++)
        if (node->child[side]) return first_member(node->child[side]);
    for (const prefix_node *up; (up = node->parent); node = up)
        if (up->child[1] && up->child[1] != node) return first_member(up->child[1]);
    return NULL;
}

/* --- Changing --- */

/* The link that points at a node. */
static prefix_node **link_to(prefix_tree *tree, const prefix_node *node) {
    if (!node->parent) return &tree->root;
    return &node->parent->child[node->parent->child[1] == node];
}

static void set_child(prefix_node *parent, int side, prefix_node *child) {
    parent->child[side] = child;
    if (child) child->parent = parent;
}

/* Puts a node in the place of another, whose children it takes over. */
static void replace(prefix_tree *tree, prefix_node *before, prefix_node *after) {
    *link_to(tree, before) = after;
    after->parent = before->parent;
    for (int side = 0; side < 2; side++) set_child(after, side, before->child[side]);
}

/* Puts a node between another and its parent. */
static void put_above(prefix_tree *tree, prefix_node *node, prefix_node *below) {
    *link_to(tree, below) = node;
    node->parent = below->parent;
    set_child(node, bit_at(first_member(below)->text, node->bits), below);
}

static prefix_node *branch_new(size_t bits) {
    prefix_node *branch = alloc(sizeof(*branch));
    *branch = (prefix_node){.is_branch = true, .bits = bits};
    return branch;
}

static void branch_free(prefix_node *branch) { alloc_free(branch, sizeof(*branch)); }

/* The last node on the text's way. */
static prefix_node *end_of_way(const prefix_tree *tree, slice text) {
    prefix_node *node = tree->root;
    for (prefix_node *next; (next = step(node, text));) node = next;
    return node;
}

void prefix_tree_add(prefix_tree *tree, prefix_node *node) {
    slice text = node->text;
    *node = (prefix_node){.text = text, .bits = 8 * text.len};
    tree->count++;
    if (!tree->root) {
        tree->root = node;
        return;
    }
    prefix_node *at = end_of_way(tree, text);
    slice nearest = first_member(at)->text;
    size_t bits = first_difference(text, nearest);
    while (at->parent && at->parent->bits >= bits) at = at->parent;

    if (bits == node->bits) { /* the beginning of what is there */
        assert(nearest.len > text.len);
        if (at->bits == bits) {
            replace(tree, at, node);
            branch_free(at);
        } else {
            put_above(tree, node, at);
        }
        return;
    }
    if (at->bits > bits) {
        prefix_node *branch = branch_new(bits);
        put_above(tree, branch, at);
        at = branch;
    }
    set_child(at, bit_at(text, bits), node);
}

/* Takes a branch out that has lost one of its children. */
static void close_branch(prefix_tree *tree, prefix_node *branch) {
    prefix_node *left = branch->child[branch->child[0] == NULL];
    assert(left);
    *link_to(tree, branch) = left;
    left->parent = branch->parent;
    branch_free(branch);
}

void prefix_tree_remove(prefix_tree *tree, prefix_node *node) {
    tree->count--;
    if (node->child[0] && node->child[1]) {
        replace(tree, node, branch_new(node->bits));
        return;
    }
    prefix_node *child = node->child[node->child[0] == NULL];
    *link_to(tree, node) = child;
    if (child)
        child->parent = node->parent;
    else if (node->parent && node->parent->is_branch)
        close_branch(tree, node->parent);
}
