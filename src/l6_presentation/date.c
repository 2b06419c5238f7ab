/* SPDX-License-Identifier: BSD-2-Clause */
#include "l6_presentation/date.h"

#include "core/mem.h"

#define DAY_S 86400
#define ERA_DAYS 146097 /* 400 Gregorian years */

static const char day_name[7][10] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
static const char month_name[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* Both directions count from 1 March of year 0, so that the leap day is the last of its year and the
 * months' lengths follow (153 m + 2) / 5. */
int64_t sv_date_days(int32_t year, uint32_t month, uint32_t day)
{
    const int64_t y = (int64_t)year - (month <= 2);
    const int64_t era = (y >= 0 ? y : y - 399) / 400;
    const int64_t year_of_era = y - era * 400;
    const int64_t shifted = (int64_t)(month + 9) % 12;
    const int64_t day_of_year = (153 * shifted + 2) / 5 + (int64_t)day - 1;
    const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * ERA_DAYS + day_of_era - 719468;
}

struct sv_date sv_date_of(int64_t seconds)
{
    if (seconds < SV_DATE_FIRST_S)
        seconds = SV_DATE_FIRST_S;
    if (seconds > SV_DATE_LAST_S)
        seconds = SV_DATE_LAST_S;
    int64_t days = seconds / DAY_S;
    int64_t rest = seconds % DAY_S;
    if (rest < 0) {
        rest += DAY_S;
        days--;
    }
    const int64_t z = days + 719468;
    const int64_t era = (z >= 0 ? z : z - (ERA_DAYS - 1)) / ERA_DAYS;
    const int64_t doe = z - era * ERA_DAYS;
    const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    const int64_t mp = (5 * doy + 2) / 153;
    const int64_t month = mp < 10 ? mp + 3 : mp - 9;
    return (struct sv_date){
        .year = (int32_t)(yoe + era * 400 + (month <= 2)),
        .month = (uint8_t)month,
        .day = (uint8_t)(doy - (153 * mp + 2) / 5 + 1),
        .hour = (uint8_t)(rest / 3600),
        .minute = (uint8_t)(rest / 60 % 60),
        .second = (uint8_t)(rest % 60),
        .weekday = (uint8_t)(((days + 4) % 7 + 7) % 7), /* day 0 was a Thursday */
    };
}

static uint32_t month_days(int32_t year, uint32_t month)
{
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

bool sv_date_seconds(const struct sv_date *date, int64_t *seconds)
{
    if (date->year < 0 || date->year > 9999 || date->month < 1 || date->month > 12)
        return false;
    if (date->day < 1 || date->day > month_days(date->year, date->month))
        return false;
    if (date->hour > 23 || date->minute > 59 || date->second > 60)
        return false;
    *seconds =
        sv_date_days(date->year, date->month, date->day) * DAY_S + date->hour * 3600 + date->minute * 60 + date->second;
    return true;
}

static char *put_digits(char *to, uint32_t value, uint32_t digits)
{
    for (uint32_t i = digits; i-- > 0; value /= 10)
        to[i] = (char)('0' + value % 10);
    return to + digits;
}

static char *put_text(char *to, const char *text, size_t n)
{
    sv_memcpy(to, text, n);
    return to + n;
}

const char *sv_date_text(int64_t seconds, char *to)
{
    const struct sv_date d = sv_date_of(seconds);
    char *p = put_text(to, day_name[d.weekday], 3);
    p = put_text(p, ", ", 2);
    p = put_digits(p, d.day, 2);
    *p++ = ' ';
    p = put_text(p, month_name[d.month - 1], 3);
    *p++ = ' ';
    p = put_digits(p, (uint32_t)d.year, 4);
    *p++ = ' ';
    p = put_digits(p, d.hour, 2);
    *p++ = ':';
    p = put_digits(p, d.minute, 2);
    *p++ = ':';
    p = put_digits(p, d.second, 2);
    put_text(p, " GMT", 5);
    return to;
}

const char *sv_date_short(int64_t seconds, char *to)
{
    const struct sv_date d = sv_date_of(seconds);
    char *p = put_digits(to, (uint32_t)d.year, 4);
    *p++ = '-';
    p = put_digits(p, d.month, 2);
    *p++ = '-';
    p = put_digits(p, d.day, 2);
    *p++ = ' ';
    p = put_digits(p, d.hour, 2);
    *p++ = ':';
    p = put_digits(p, d.minute, 2);
    *p = 0;
    return to;
}

/* A reader that stays failed once something was not as expected. */
struct scan {
    const char *at, *end;
    bool bad;
};

static void scan_text(struct scan *s, const char *text, size_t n)
{
    if ((size_t)(s->end - s->at) < n || sv_memcmp(s->at, text, n) != 0) {
        s->bad = true;
        return;
    }
    s->at += n;
}

static uint32_t scan_digits(struct scan *s, uint32_t digits)
{
    uint32_t value = 0;
    for (uint32_t i = 0; i < digits; i++) {
        if (s->at == s->end || *s->at < '0' || *s->at > '9') {
            s->bad = true;
            return 0;
        }
        value = value * 10 + (uint32_t)(*s->at++ - '0');
    }
    return value;
}

static uint8_t scan_month(struct scan *s)
{
    for (uint8_t m = 0; m < 12; m++)
        if (s->end - s->at >= 3 && sv_memcmp(s->at, month_name[m], 3) == 0) {
            s->at += 3;
            return (uint8_t)(m + 1);
        }
    s->bad = true;
    return 1;
}

static void scan_clock(struct scan *s, struct sv_date *d)
{
    d->hour = (uint8_t)scan_digits(s, 2);
    scan_text(s, ":", 1);
    d->minute = (uint8_t)scan_digits(s, 2);
    scan_text(s, ":", 1);
    d->second = (uint8_t)scan_digits(s, 2);
}

/* The length of a day's name at the cursor, short or long; 0: none. The short names are the long ones'
 * beginnings, so the long ones are tried first. */
static size_t scan_day(struct scan *s)
{
    for (uint32_t i = 0; i < 7; i++) {
        size_t n = 0;
        while (day_name[i][n])
            n++;
        if ((size_t)(s->end - s->at) >= n && sv_memcmp(s->at, day_name[i], n) == 0) {
            s->at += n;
            return n;
        }
        if (s->end - s->at >= 3 && sv_memcmp(s->at, day_name[i], 3) == 0) {
            s->at += 3;
            return 3;
        }
    }
    s->bad = true;
    return 0;
}

static int32_t full_year(uint32_t two_digits, int64_t now_s)
{
    const int32_t now = sv_date_of(now_s).year;
    int32_t year = now - now % 100 + (int32_t)two_digits;
    if (year > now + 50)
        year -= 100;
    else if (year <= now - 50)
        year += 100;
    return year;
}

bool sv_date_parse(struct sv_text text, int64_t now_s, int64_t *seconds)
{
    struct scan s = {text.at, text.at + text.n, false};
    struct sv_date d = {0};
    const size_t name = scan_day(&s);
    if (s.bad)
        return false;
    if (name > 3) { /* RFC 850: Sunday, 06-Nov-94 08:49:37 GMT */
        scan_text(&s, ", ", 2);
        d.day = (uint8_t)scan_digits(&s, 2);
        scan_text(&s, "-", 1);
        d.month = scan_month(&s);
        scan_text(&s, "-", 1);
        d.year = full_year(scan_digits(&s, 2), now_s);
        scan_text(&s, " ", 1);
        scan_clock(&s, &d);
        scan_text(&s, " GMT", 4);
    } else if (s.at < s.end && *s.at == ',') { /* IMF-fixdate: Sun, 06 Nov 1994 08:49:37 GMT */
        scan_text(&s, ", ", 2);
        d.day = (uint8_t)scan_digits(&s, 2);
        scan_text(&s, " ", 1);
        d.month = scan_month(&s);
        scan_text(&s, " ", 1);
        d.year = (int32_t)scan_digits(&s, 4);
        scan_text(&s, " ", 1);
        scan_clock(&s, &d);
        scan_text(&s, " GMT", 4);
    } else { /* asctime: Sun Nov  6 08:49:37 1994 */
        scan_text(&s, " ", 1);
        d.month = scan_month(&s);
        scan_text(&s, " ", 1);
        if (s.at < s.end && *s.at == ' ') {
            s.at++;
            d.day = (uint8_t)scan_digits(&s, 1);
        } else {
            d.day = (uint8_t)scan_digits(&s, 2);
        }
        scan_text(&s, " ", 1);
        scan_clock(&s, &d);
        scan_text(&s, " ", 1);
        d.year = (int32_t)scan_digits(&s, 4);
    }
    return !s.bad && s.at == s.end && sv_date_seconds(&d, seconds);
}
