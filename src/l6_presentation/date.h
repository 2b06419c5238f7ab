/* SPDX-License-Identifier: BSD-2-Clause */
/* HTTP dates (RFC 9110 §5.6.7) over a proleptic Gregorian calendar of our own: no locale, no time zone
 * table, no clock. Times are seconds since 1970-01-01 00:00:00 UTC, leap seconds not counted. */
#ifndef SV_L6_DATE_H
#define SV_L6_DATE_H

#include "seven/text.h"

struct sv_date {
    int32_t year;
    uint8_t month; /* 1 to 12 */
    uint8_t day;   /* 1 to 31 */
    uint8_t hour, minute;
    uint8_t second;  /* 0 to 60: a leap second is accepted and counts as the next minute's first */
    uint8_t weekday; /* 0 is Sunday */
};

/* The years that can be written with four digits; everything outside is clamped to its ends. */
#define SV_DATE_FIRST_S (-62167219200) /* 0000-01-01 00:00:00 */
#define SV_DATE_LAST_S 253402300799    /* 9999-12-31 23:59:59 */

/* Days since 1970-01-01 of a date whose month and day are in range. */
SV_API int64_t sv_date_days(int32_t year, uint32_t month, uint32_t day);

SV_API struct sv_date sv_date_of(int64_t seconds);

/* False: no such day or time of day. `weekday` is not looked at. */
SV_API SV_MUST_CHECK bool sv_date_seconds(const struct sv_date *date, int64_t *seconds);

/* Writes the preferred form, "Sun, 06 Nov 1994 08:49:37 GMT", terminated, into SV_DATE_TEXT bytes. */
#define SV_DATE_TEXT 30u
SV_API const char *sv_date_text(int64_t seconds, char *to);

/* Writes "1994-11-06 08:49", terminated, into SV_DATE_SHORT bytes. */
#define SV_DATE_SHORT 17u
SV_API const char *sv_date_short(int64_t seconds, char *to);

/* Reads any of the three forms (IMF-fixdate, RFC 850's, asctime's). The two digits of RFC 850's year mean
 * the year nearest to now_s, at most 50 years ahead. False: not a date. */
SV_API SV_MUST_CHECK bool sv_date_parse(struct sv_text text, int64_t now_s, int64_t *seconds);

#endif
