# A thin front door over the presets of CMakePresets.json.
PRESET ?= test
PREFIX ?= /usr/local
SECONDS_TO_TRAIN ?= 30
T ?= 60

.PHONY: all run test quick asan tsan clang threads systems fuzz dev cover format lint \
	docs abi recipes workflows dist dist-check wheel golden bench bench-peers \
	bench-instructions size install mpi-full scale-sim python-full clean help

all: ## build the library and the program: build/release
	@tools/setup build
	@cmake --preset release >/dev/null
	@cmake --build --preset release

run: all ## train a character model on this source for half a minute, sample it
	@tools/run build/release/elman $(SECONDS_TO_TRAIN)

test: ## all tests; PRESET=test (gcc), clang, asan, tsan, dev, cover
	@tools/setup build test
	@tools/test $(PRESET)

quick: ## the tests that take less than ten seconds together
	@tools/setup build test
	@tools/test $(PRESET) --label-exclude slow

clang: ## all tests, built with clang
	@$(MAKE) --no-print-directory test PRESET=clang

asan: ## all tests under the address and undefined-behaviour sanitizers
	@$(MAKE) --no-print-directory test PRESET=asan

tsan: ## all tests under the thread sanitizer
	@$(MAKE) --no-print-directory test PRESET=tsan

threads: ## the tests in which threads work, under the thread sanitizer
	@tools/setup build test
	@cmake --preset tsan >/dev/null
	@cmake --build --preset tsan --target threaded
	@ctest --preset tsan --label-regex threads

systems: ## build and test for other systems; SYSTEMS="armhf musl", TESTS=all
	@tools/setup build test systems
	@cmake --preset test >/dev/null
	@cmake --build --preset test --target elman_cli bits
	@TESTS=$(TESTS) tests/cross/run $(SYSTEMS)

fuzz: ## hostile files to every reader, T=60 seconds each; FUZZ="json onnx"
	@tools/setup build test fuzz
	@tests/fuzz/run $(T) $(FUZZ)

dev: ## build with asserts and without optimization, for the debugger
	@tools/setup build test
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev
	@ln -sf build/dev/compile_commands.json .

# a failing check leaves by longjmp, and gcov then works out negative counts
cover: ## which lines and branches the tests reach: build/cover/html/index.html
	@tools/setup build test cover
	@tools/test cover
	@mkdir -p build/cover/html
	@gcovr -r . -f src/ -f cli/ --object-directory build/cover \
	    --gcov-ignore-parse-errors --print-summary \
	    --html-details build/cover/html/index.html 2>/dev/null

format: ## clang-format in place
	@tools/setup lint
	@tools/sources | xargs clang-format -i

lint: ## format, clang-tidy, layers, air, budgets, words, symbols, calls, abi
	@tools/setup build test lint
	@tools/lint

abi: ## compare the binary interface with the recorded one; RECORD=1 records it
	@tools/setup build test
	@cmake --preset test >/dev/null
	@cmake --build --preset test --target elman_shared
	@tools/check_abi build/test/libelman.so

recipes: ## follow docs/RECIPES.md in a copy of the tree, and test the copy
	@tools/setup build test
	@tools/check_recipes

workflows: ## check .github/workflows
	@tools/setup workflows
	@tools/check_workflows

dist: ## the source archive of the commit: build/dist
	@tools/dist

dist-check: dist ## build and test that archive where there is no git
	@tools/setup build test
	@tools/dist check

docs: ## a reference of the calls for the browser: build/docs/html/index.html
	@tools/setup docs
	@mkdir -p build/docs
	@ELMAN_VERSION=$$(sed -n 's/^#define ELMAN_VERSION_[MP][A-Z]* //p' include/elman.h | \
	    paste -sd .) doxygen docs/Doxyfile
	@echo build/docs/html/index.html

golden: ## record the expected numbers again (asks first; needs PyTorch and ONNX)
	@tools/golden

bench: all ## measure speed, next to any peers installed; BENCH="'st_*' --threads=1"
	@bench/run $(BENCH)

bench-peers: ## install what to compare with: oneDNN, PyTorch, ONNX Runtime
	@tools/setup build peers
	@bench/peers/install

bench-instructions: ## count instructions; RECORD=1 keeps the new numbers
	@tools/setup build count
	@bench/count

wheel: ## the Python module for others: build/dist/*.whl, checked
	@tools/setup build test
	@tools/wheel

size: ## what a program weighs that only runs a model
	@tools/setup build
	@cmake --preset release >/dev/null
	@cmake --build --preset release --target elman_sizes -- --quiet

mpi-full: ## elman-mpi on 1 to 8 ranks, killed and resumed 50 times
	@tools/setup build test
	@cmake --preset test >/dev/null
	@cmake --build --preset test --target elman_cli elman_mpi
	@tests/mpi/run "$(CURDIR)/build/test/elman" "$(CURDIR)/build/test/elman-mpi" 8 50

scale-sim: ## simulate 8 to 1,024 ranks on two networks; RANKS=128 at most
	@tools/setup build sim
	@tests/scale/run $(RANKS)

python-full: ## PyTorch's own tests, by torch and by elman.torch; ARGS=--slow
	@tools/setup build
	@python/torch_tests/all $(ARGS)

install: all ## PREFIX=/usr/local, DESTDIR=
	@cmake --install build/release --prefix $(PREFIX)
	@[ "$(DESTDIR)" ] || [ "$$(id -u)" != 0 ] || ! command -v ldconfig >/dev/null || \
	    { echo 'ldconfig: renews the list of libraries that programs find' && ldconfig || true; }

clean: ## remove everything that was built
	@rm -rf build

help: ## these lines
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' \
	    $(MAKEFILE_LIST)
