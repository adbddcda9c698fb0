/* Shortest: the fewest decimal digits that identify a double. */
#ifndef STINT_BASE_SHORTEST_H
#define STINT_BASE_SHORTEST_H

/* Digits that a double may need. */
#define SHORTEST_DIGITS_MAX 17

/* Writes the digits of a positive finite value, no leading zeros, no NUL, to a buffer of SHORTEST_DIGITS_MAX
 * bytes and returns how many there are; *exponent is set so that value = digits * 10^exponent. Reading them
 * back gives exactly this value. */
int shortest_digits(double value, char *digits, int *exponent);

#endif
