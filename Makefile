# SPDX-License-Identifier: BSD-2-Clause
# What people type. The build itself is Meson's (meson.build); each of these first sees that what it needs
# is installed (tools/bootstrap).

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

# Each target and random worlds, a minute each, on and on until something is found; with FUZZ_SECONDS=600 once, that
# long each. Seeds in fuzz/corpus/NAME.
fuzz:
	@tools/bootstrap fuzz
	@tools/fuzz $(if $(FUZZ_SECONDS),--seconds $(FUZZ_SECONDS),--forever)

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
