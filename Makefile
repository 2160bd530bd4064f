# What people type. The work is done by cargo and by the scripts in tests/.

# Cargo shows its progress to people and keeps quiet in logs.
quiet := $(shell [ -t 2 ] || echo --quiet)

.PHONY: help demo test python kotlin size dist lint doc bench
.SILENT:

help: ## list these targets
	sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile | expand -t 16

demo: ## headquarters and observers on this machine; ARGS="--precincts 30 --exit"
	cargo build $(quiet) --package hattama-tests --bin demo
	cargo run --quiet --package hattama-tests --bin demo -- $(ARGS)

test: ## everything; installs what the tests need. A part: ARGS="-p hattama-proto"
	tests/run.sh $(ARGS)

python: ## the phone's interface through Python: the wheel, in target/python, and its tests
	cargo build $(quiet) --package hattama-server
	client-core/bindings/python/test.sh $(ARGS)

kotlin: ## the phone's interface through Kotlin on the JVM, tested
	cargo build $(quiet) --package hattama-server
	client-core/bindings/kotlin/test.sh $(ARGS)

size: ## what the phone's library weighs with each feature, and that it carries no runtime
	client-core/bindings/size.sh

dist: ## hattama with the exercise inside, and hattama-observer, for people without a compiler
	server/deploy/dist.sh

lint: ## format, clippy, documentation, licences
	tests/lint.sh

doc: ## the documentation of the code, in target/doc
	cargo doc $(quiet) --workspace --no-deps --document-private-items

bench: ## one benchmark; NAME=ingest, photos, notebook, phone, merge, log, review, compare, growth, processes, links (as root), overload or night; ARGS="--help" (beside peers: tests/peers/run.sh)
	cargo build $(quiet) --release --package hattama-tests --features allocator --bin bench
	cargo run --quiet --release --package hattama-tests --features allocator --bin bench -- $(NAME) $(ARGS)
