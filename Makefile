# SPDX-License-Identifier: BSD-2-Clause
# What people type. The build itself is Meson's (meson.build); each of these first sees that what it needs
# is installed (tools/bootstrap).
FUZZ_SECONDS ?= 60

.PHONY: all run test bench fuzz lint format check clean install

all:
	@tools/bootstrap
	@tools/build

run:
	@tools/bootstrap
	@tools/build run.log seven
	@build/seven demo

# The closing line is `N passed, N failed`.
test:
	@tools/bootstrap test
	@tools/test

check: test

bench:
	@tools/bootstrap bench
	@tools/build bench.log
	@if [ -x bench/run ]; then bench/run; else for p in build/bench_*; do [ ! -f "$$p" ] || "$$p" || exit 1; done; fi

# Each target for FUZZ_SECONDS; seeds in fuzz/corpus/NAME.
fuzz:
	@tools/bootstrap fuzz
	@tools/fuzz --seconds $(FUZZ_SECONDS)

lint:
	@tools/bootstrap lint
	@tools/lint

format:
	@tools/bootstrap lint
	@tools/lint --format

install: all
	@meson install -C build --no-rebuild $(if $(DESTDIR),--destdir '$(DESTDIR)')

clean:
	@rm -rf build build-*
