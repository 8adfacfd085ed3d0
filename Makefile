# Everything a person runs here. `make` alone lists it.
#
# All Rust is built in the dev profile into one target folder, so that run, test and journeys share
# what was compiled; only `make bench` builds for release.

.DEFAULT_GOAL := help
.PHONY: help setup ui messages build run test sim bench prove screens clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what is missing; changes nothing that is there
	@tests/tools/setup.sh

messages: ## merge the rooms' texts into assets/messages/{zh,en}.json
	@node tests/tools/messages.mjs

ui: setup messages ## build the pages into ui/dist
	@npm run --silent --prefix ui build

build: ui ## build the pages and all programs (dev profile)
	@cargo build --workspace

run: build ## start the platform and the town, seed a warehouse, open the window
	@tests/tools/run.sh

test: setup ## everything that must hold: checks, tests, the day, the journeys
	@node tests/tools/test.mjs

sim: build ## a minute of simulated warehouses in which everything breaks
	@target/debug/bondctl sim --seconds $(or $(SECONDS),60)

bench: setup ui ## measure against what people use instead; writes out/bench.json
	@node tests/tools/bench.mjs

prove: setup ## the long form of the tests, on demand
	@node tests/tools/test.mjs --long

screens: build ## take the screenshots of the README again
	@node tests/journeys/screens.mjs

clean: ## remove what was built, except the tools of `make setup`
	@rm -rf ui/dist out gen
	@cargo clean --profile dev
