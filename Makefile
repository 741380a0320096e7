# Two commands set everything up: `make audit` and `make test`. Neither needs the network a second time.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
UV_ONLY := .venv/uv.lock
COVERAGE := 96  # the floor, in percent

# Where bytecode is not written, every start is slow for ever.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: audit test test-fast coverage lowest fuzz check lint types imports conformance notebooks browser bench man picture docs links pages wheel format lock clean

audit: $(READY)  ## check the bundled home: real findings in a few seconds
	@$(BIN)/python data/build.py batch-import .build/home
	@$(BIN)/skillmeat-audit check .build/home --exit-zero

test: $(READY)  ## run all tests
	$(BIN)/pytest -q -n 2 --dist worksteal

test-fast: $(READY)  ## run the tests that take a minute together: those not marked slow
	$(BIN)/pytest -q -n 2 --dist worksteal -m "not slow"

coverage: $(READY)  ## run all tests, and print how much of each room they reach, branches included
	$(BIN)/pytest -q -n 2 --dist worksteal --cov --cov-report=
	@for room in skillmeat_audit/[a-z]*/; do \
	  printf '%s %s %%\n' $$room $$($(BIN)/coverage report --include "$$room*" --format total); done
	$(BIN)/coverage report --format total --fail-under $(COVERAGE)

lowest: $(READY)  ## run the fast tests with the oldest versions that pyproject.toml allows
	$(BIN)/uv venv -q --clear --python $(BIN)/python .venv-lowest
	$(BIN)/uv pip install -q --python .venv-lowest/bin/python --resolution lowest-direct \
	  -e ".[notebook,postgres,notify,live,watch,fleet,test]"
	.venv-lowest/bin/python -m pytest -q -n 2 --dist worksteal -m "not slow" \
	  --deselect tests/test_documents.py::test_reference_pages_are_current  # click's own words differ

fuzz: $(READY)  ## compare the front-matter scanner with PyYAML on a million random blocks
	SKILLMEAT_AUDIT_FUZZ=1000000 SKILLMEAT_AUDIT_FUZZ_SEED=$$(date +%s) $(BIN)/pytest -q tests/loaders/test_yaml_certain.py

check: lint types imports test-fast  ## everything that must pass before a commit

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

imports: $(READY)
	$(BIN)/lint-imports

conformance: .venv-conformance/.ready  ## ours against the real SkillMeat 0.74.0
	.venv-conformance/bin/python -m pytest -q -W ignore tests/conformance --ignore tests/conformance/test_live.py
	.venv-conformance/bin/python -m pytest -q -W ignore tests/conformance/test_live.py  # apart: the others replace sockets

.venv-conformance/.ready: $(READY) tests/conformance/requirements.lock
	$(PYTHON) -m venv .venv-conformance
	$(BIN)/uv pip install -q --python .venv-conformance/bin/python --require-hashes -r tests/conformance/requirements.lock \
	|| .venv-conformance/bin/python -m pip install -q --require-hashes -r tests/conformance/requirements.lock
	echo $(CURDIR) > $$(.venv-conformance/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/skillmeat_audit.pth
	@touch $@

notebooks: $(READY)  ## run the notebooks anew, and clean what differs from run to run
	$(BIN)/python notebooks/execute.py

browser: $(READY)  ## the widgets in JupyterLab and headless Chromium; screenshots in .build/browser
	SKILLMEAT_AUDIT_BROWSER=1 $(BIN)/python -m pytest -q tests/browser

bench: $(READY) .venv-conformance/.ready .venv-peers/.ready  ## speed, as ratios: to a floor, to SkillMeat, to other tools
	$(BIN)/python benchmarks/run.py $(SIZES)
	$(BIN)/python benchmarks/widgets.py  # the last: it fails where an answer takes too long

.venv-peers/.ready: $(READY) benchmarks/requirements.lock
	$(PYTHON) -m venv .venv-peers
	$(BIN)/uv pip install -q --python .venv-peers/bin/python --require-hashes -r benchmarks/requirements.lock \
	|| .venv-peers/bin/python -m pip install -q --require-hashes -r benchmarks/requirements.lock
	@touch $@

man: $(READY)  ## write the manual page to .build/skillmeat-audit.1
	@mkdir -p .build
	$(BIN)/skillmeat-audit man > .build/skillmeat-audit.1

wheel: $(READY)  ## build wheel and sdist into dist/, the same bytes everywhere, and test them
	rm -rf dist
	$(BIN)/python -m hatchling build -d dist
	SKILLMEAT_AUDIT_WHEEL=1 $(BIN)/pytest -q tests/test_wheel.py

docs: $(READY)  ## build the site in .build/docs; a warning or a broken local link is an error
	$(BIN)/sphinx-build -q -W --keep-going -E -d .build/doctrees docs .build/docs

links: $(READY)  ## follow every link of the pages to other sites: needs the network
	$(BIN)/sphinx-build -q -b linkcheck -d .build/doctrees docs .build/links

pages: $(READY)  ## write the pages, or their parts, that are made of the program itself
	$(BIN)/python tests/test_documents.py

picture: $(READY)  ## draw the README's picture of a report anew, in headless Chromium
	$(BIN)/python data/picture.py

format: $(READY)  ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(READY)  ## resolve the dependencies anew
	$(BIN)/uv export -q --upgrade --all-extras --no-emit-project --format requirements.txt --no-annotate --no-header > requirements.lock
	rm -f uv.lock
	$(BIN)/uv pip compile -q pyproject.toml tests/conformance/requirements.in --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate -o tests/conformance/requirements.lock
	$(BIN)/uv pip compile -q benchmarks/requirements.in --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate -o benchmarks/requirements.lock

clean:
	rm -rf .venv .venv-conformance .venv-peers .build .mypy_cache .ruff_cache .pytest_cache .hypothesis

# uv installs the hashed lock ten times faster than pip; pip is the way where uv cannot (it ignores pip's settings).
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0])'
	$(PYTHON) -m venv .venv
	sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > $(UV_ONLY)
	{ $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $(UV_ONLY) \
	  && $(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements.lock; } \
	|| $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@
