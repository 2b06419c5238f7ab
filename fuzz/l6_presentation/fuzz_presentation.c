/* SPDX-License-Identifier: BSD-2-Clause */
/* URLs, dates and percent coding: what parses, prints and parses to the same. */
#include <stdlib.h>
#include <string.h>

#include "l6_presentation/date.h"
#include "l6_presentation/mime.h"
#include "l6_presentation/percent.h"
#include "l6_presentation/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool x)
{
    if (!x)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static char room[3 * 4096 + 64], again[4096];
    const struct sv_text t = {(const char *)data, n};
    struct sv_url base, url, back;
    char date[SV_DATE_TEXT];
    int64_t seconds, same;
    size_t m, k;
    if (n > 4096)
        return 0;
    if (sv_date_parse(t, 1795370000, &seconds)) {
        must(sv_date_parse((struct sv_text){date, strlen(sv_date_text(seconds, date))}, 0, &same));
        must(same == seconds);
    }
    must(sv_percent_encode(t, "", room, sizeof room, &m));
    must(sv_percent_decode((struct sv_text){room, m}, again, sizeof again, &k));
    must(k == n && (n == 0 || memcmp(again, data, n) == 0));
    must(sv_mime_type(t)[0] != 0);
    (void)sv_url_parse_authority(t, &url);
    if (!sv_url_parse(t, &url))
        return 0;
    must(sv_url_parse((struct sv_text){"http://a/b/c/d;p?q", 18}, &base));
    must(sv_url_resolve(&base, &url, room, sizeof room, &m));
    must(sv_url_parse((struct sv_text){room, m}, &back)); /* a target is a URI, and its own target */
    must(sv_url_resolve(&base, &back, room + m, sizeof room - m, &k));
    must(k == m && memcmp(room, room + m, m) == 0);
    return 0;
}
