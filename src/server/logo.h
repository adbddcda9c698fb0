/* Logo: a small picture for those who watch the server start. */
#ifndef STINT_SERVER_LOGO_H
#define STINT_SERVER_LOGO_H

/* Logs the logo with version, port and process id: if the log goes to a terminal, or always-show-logo wants
 * it anyway. */
void logo_show(void);

#endif
