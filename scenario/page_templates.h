/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of page/ as tools/page puts them together: whole pages, with {{lang}}, {{title}} and {{data}}
 * to be filled. */
#ifndef SC_PAGE_TEMPLATES_H
#define SC_PAGE_TEMPLATES_H

extern const char page_template_run[];
extern const char page_template_index[];

#endif
