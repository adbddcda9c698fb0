/* Notifications: what happens to keys, published in channels of the server's own, as notify-keyspace-events
 * asks for. */
#ifndef STINT_SERVER_MESSAGES_NOTIFICATIONS_H
#define STINT_SERVER_MESSAGES_NOTIFICATIONS_H

/* Follows config.notify_keyspace_events: to be called when it may have changed. Keys are observed only while
 * some events are asked for. */
void notifications_follow(void);

#endif
