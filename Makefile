# make run      the demonstration: a server and simulated phones over real HTTP
# make test     everything that proves the product, in its short form
# make verify   formatting, lints and documentation; changes nothing
# make fix      formatting and what the lints can mend by themselves
# make contract  the REST API against its OpenAPI document, with schemathesis from PyPI
# make screenshots  pictures of all pages of the console, in target/screenshots
# make bench    speed, as ratios against a peer or a limit in the same run
# make endurance    the long forms of tests: a million addresses are scanned, PostgreSQL is stopped in the
#                   middle twenty times, and servers fifty times; takes half an hour

CARGO ?= cargo
# The fuzzing engine itself is built only by `cargo fuzz`; tests replay its corpora.
FEATURES := --all-features

.PHONY: run test verify fix contract screenshots bench endurance prepare

run:
	$(CARGO) run --release -- demo

test: verify prepare
	# Simulated phones and the server they talk to live in one process and need many files.
	ulimit -S -n 8192 2>/dev/null || true; $(CARGO) test --workspace $(FEATURES)

verify:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets $(FEATURES) -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps $(FEATURES)

fix:
	$(CARGO) fmt --all
	$(CARGO) clippy --workspace --all-targets $(FEATURES) --fix --allow-dirty --allow-staged

contract:
	examples/contract/run.sh

screenshots: prepare
	IPP_SCREENSHOTS=$(CURDIR)/target/screenshots $(CARGO) test --package ipp-examples --test browser

bench:
	$(CARGO) bench --package ipp-benches

endurance:
	IPP_ADDRESSES=1000000 $(CARGO) test --release --package ipp-examples --test enumeration
	IPP_CRASHES=20 $(CARGO) test --release --package ipp-store-postgres --test crash
	IPP_RUNS=50 $(CARGO) test --release --package ipp-examples --test failover -- --nocapture

# What tests need from elsewhere: PostgreSQL and Chromium with its driver from the distribution, which tests
# start by themselves, and axe-core from npm, which looks for barriers in pages. Root needs no `sudo`.
AXE := axe-core@4.14.1

prepare:
	@missing=; \
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v pg_config >/dev/null 2>&1 \
		|| missing="$$missing postgresql"; \
	command -v chromium >/dev/null 2>&1 || missing="$$missing chromium"; \
	command -v chromedriver >/dev/null 2>&1 || missing="$$missing chromium-driver"; \
	test -e target/axe-core/axe.min.js || command -v npm >/dev/null 2>&1 || missing="$$missing npm"; \
	if test -n "$$missing"; then \
		as_root=$$(test "$$(id -u)" = 0 || echo sudo); \
		$$as_root apt-get update -q && \
		$$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$missing; \
	fi
	@test -e target/axe-core/axe.min.js || { \
		mkdir -p target/axe-core && cd target/axe-core && npm pack --silent $(AXE) >/dev/null && \
		tar -xzf axe-core-*.tgz --strip-components=1 package/axe.min.js package/LICENSE && rm axe-core-*.tgz; \
	}
