/* SPDX-License-Identifier: BSD-2-Clause */
#include "l6_presentation/mime.h"

static const struct {
    const char *suffix, *type;
} types[] = {
    {"html", "text/html; charset=utf-8"},
    {"htm", "text/html; charset=utf-8"},
    {"css", "text/css; charset=utf-8"},
    {"js", "text/javascript; charset=utf-8"}, /* RFC 9239 */
    {"mjs", "text/javascript; charset=utf-8"},
    {"txt", "text/plain; charset=utf-8"},
    {"log", "text/plain; charset=utf-8"},
    {"c", "text/plain; charset=utf-8"},
    {"h", "text/plain; charset=utf-8"},
    {"md", "text/markdown; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"xml", "text/xml; charset=utf-8"},
    {"json", "application/json"},
    {"jsonl", "application/jsonl"},
    {"map", "application/json"},
    {"wasm", "application/wasm"},
    {"webmanifest", "application/manifest+json"},
    {"yaml", "application/yaml"},
    {"yml", "application/yaml"},
    {"pdf", "application/pdf"},
    {"png", "image/png"},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"gif", "image/gif"},
    {"webp", "image/webp"},
    {"avif", "image/avif"},
    {"bmp", "image/bmp"},
    {"svg", "image/svg+xml"},
    {"ico", "image/vnd.microsoft.icon"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"ttf", "font/ttf"},
    {"otf", "font/otf"},
    {"mp3", "audio/mpeg"},
    {"ogg", "audio/ogg"},
    {"opus", "audio/ogg"},
    {"flac", "audio/flac"},
    {"wav", "audio/wav"},
    {"mp4", "video/mp4"},
    {"webm", "video/webm"},
    {"zip", "application/zip"},
    {"gz", "application/gzip"},
    {"tgz", "application/gzip"},
    {"zst", "application/zstd"},
    {"bz2", "application/x-bzip2"},
    {"xz", "application/x-xz"},
    {"tar", "application/x-tar"},
    {"7z", "application/x-7z-compressed"},
    {"pcap", "application/vnd.tcpdump.pcap"},
    {"pcapng", "application/x-pcapng"},
};

const char *sv_mime_type(struct sv_text path)
{
    size_t dot = path.n;
    while (dot > 0 && path.at[dot - 1] != '.' && path.at[dot - 1] != '/')
        dot--;
    /* The dot must be there, and not begin the name. */
    if (dot >= 2 && path.at[dot - 1] == '.' && path.at[dot - 2] != '/') {
        const struct sv_text suffix = {path.at + dot, path.n - dot};
        for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
            const struct sv_text known = {types[i].suffix, __builtin_strlen(types[i].suffix)};
            if (sv_text_equal_nocase(suffix, known))
                return types[i].type;
        }
    }
    return "application/octet-stream";
}
