# The two commands: `make demo` and `make test`. Everything they need is installed into ./.venv from uv.lock.
PYTHON ?= python3
UV_VERSION ?= 0.9
VENV := .venv
BIN := $(VENV)/bin
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1
export DO_NOT_TRACK := 1
export MLFLOW_DISABLE_TELEMETRY := true
# some fifty processes import Airflow, MLflow or Evidently: each would compile them anew
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check format lint types contracts docs bench-backfill bench-simulate bench-cost bench-scale-10m bench-scale-50m bench-topn bench-ml1m-m1 bench-generators bench-ratings bench-preprocessing bench-planted bench-gate bench-size bench-bands bench-ladder bench-retail bench-ml1m-time clean help

help:
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if (3, 11) <= v < (3, 14) else f"Tessera needs Python 3.11 to 3.13, found {v.major}.{v.minor}: name another with make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet "uv>=$(UV_VERSION)"

$(VENV)/.demo: $(BIN)/uv pyproject.toml uv.lock
	$(BIN)/uv sync --frozen --inexact --no-dev
	@touch $@

$(VENV)/.test: $(BIN)/uv pyproject.toml uv.lock
	$(BIN)/uv sync --frozen --inexact --all-groups --extra postgres $(if $(shell command -v java),--extra spark,)
	@touch $@ $(VENV)/.demo

demo: $(VENV)/.demo ## the whole loop through Airflow; ONCE=1 ends when it has closed; DATA=… FORMAT=… for your own events
	$(BIN)/tessera demo $(if $(ONCE),--once,) $(if $(DATA),--data "$(DATA)",) $(if $(FORMAT),--format $(FORMAT),) $(if $(HOME_DIR),--home "$(HOME_DIR)",)

test: $(VENV)/.test ## every test (about 10 minutes at most on two cores)
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not end_to_end" $(PYTEST_ARGS)
	$(BIN)/python -m pytest -m end_to_end $(PYTEST_ARGS) # each starts a whole platform: one after the other

check: $(VENV)/.test lint types contracts ## lint, strict types, import contracts

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/mypy
	cd dags && MYPYPATH=.. ../$(BIN)/mypy --config-file ../pyproject.toml *.py
	cd plugins && MYPYPATH=.. ../$(BIN)/mypy --config-file ../pyproject.toml *.py

contracts: $(VENV)/.test
	$(BIN)/lint-imports

format: $(VENV)/.test ## rewrite the code as ruff would have it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.test ## regenerate the pages that are made from code
	$(BIN)/tessera docs

bench-backfill: $(VENV)/.test ## 30 days of ingest backfilled twice and once reversed: equal content hashes
	$(BIN)/python benchmarks/backfill_twice.py

.PHONY: bench-backfill-monitor bench-retrain
bench-backfill-monitor: $(VENV)/.test ## 60 monitoring days backfilled twice, a promotion and late events between: equal verdicts, no mail; DAYS=… DIRECT=1
	$(BIN)/python -m benchmarks.backfill_monitor $(if $(DAYS),--days $(DAYS),) $(if $(DIRECT),--direct,)

bench-retrain: $(VENV)/.test ## what retraining one segment of ten costs, against its share of events of a full training
	$(BIN)/python -m benchmarks.retrain_cost

bench-simulate: $(VENV)/.test ## ten million simulated events: time and memory
	$(BIN)/python benchmarks/simulate_10m.py

SCALE = $(if $(EVENTS),--events $(EVENTS),) $(if $(USERS),--users $(USERS),) $(if $(ITEMS),--items $(ITEMS),) $(if $(FOLDER),--folder "$(FOLDER)",)

bench-cost: $(VENV)/.test ## what the parts cost on one thread: EASE, ALS, top-100, K-Means, heads; ONLY=ease,als,topk,kmeans,heads
	$(BIN)/python benchmarks/cost.py $(if $(ONLY),--only $(ONLY),) $(if $(FOLDER),--folder "$(FOLDER)",)

bench-scale-10m: $(VENV)/.test ## the whole training loop on ten million events, with a profile; EVENTS=… USERS=… ITEMS=… FOLDER=…
	OMP_WAIT_POLICY=PASSIVE $(BIN)/python benchmarks/scale_10m.py $(SCALE)

bench-scale-50m: $(VENV)/.test ## features of fifty million events, whole and a day at a time; EVENTS=… USERS=… ITEMS=… FOLDER=…
	$(BIN)/python benchmarks/scale_50m.py $(SCALE)

bench-bands: $(VENV)/.test ## ML-1M by length of history: spine, bands, heads by gender and age, placebo; DATA=…
	$(BIN)/python benchmarks/bands.py

bench-ladder: $(VENV)/.test ## every strategy of segment models on a generated world: gain at the gate, on fresh weeks, cost
	$(BIN)/python benchmarks/ladder.py

BUDGET := $(if $(BUDGET_MINUTES),--budget-minutes $(BUDGET_MINUTES),) $(if $(K),--k $(K),)

bench-topn: $(VENV)/.test ## TRAIN=… TEST=… [VALID=… K=20 MASK=train|train+valid BUDGET_MINUTES=10]: the searched spine on any split of user,item pairs
	$(BIN)/python benchmarks/topn.py "$(TRAIN)" "$(TEST)" $(if $(VALID),--valid "$(VALID)",) $(if $(MASK),--mask $(MASK),) $(BUDGET)

bench-ml1m-m1: $(VENV)/.test ## [DATA=../shared/data BUDGET_MINUTES=10]: the same on the published ML-1M split
	$(BIN)/python benchmarks/ml1m_m1.py $(BUDGET)

bench-generators: $(VENV)/.test ## every candidate generator alone, by time (uv sync --inexact --extra neural --extra word2vec adds theirs); DATA=…
	$(BIN)/python benchmarks/generators.py

bench-retail: $(VENV)/.test ## Online Retail by time: spine, ranker, blend, single models, popularity; users without history; DATA=…
	$(BIN)/python -m benchmarks.retail

bench-preprocessing: $(VENV)/.test ## missing and damaged columns before a ranker: does imputing or capping pay?
	$(BIN)/python benchmarks/preprocessing.py

bench-ml1m-time: $(VENV)/.test ## the same rivals on MovieLens-1M by time; DATA=…
	$(BIN)/python -m benchmarks.ml1m_time

bench-ratings: $(VENV)/.test ## RMSE of shrunken means and what an explicit rating should weigh, on ML-1M; DATA=…
	$(BIN)/python benchmarks/ratings.py

bench-planted: $(VENV)/.test ## segments with a planted difference and with none: who passes the gate, what is gained and lost; KEEP=… lets a stopped run go on
	$(BIN)/python -m benchmarks.planted $(if $(KEEP),--keep "$(KEEP)",)

bench-gate: $(VENV)/.test ## operating characteristics of the gate on arrays: false passes, power, harm avoided; PLOT=… draws it
	$(BIN)/python -m benchmarks.gate $(if $(PLOT),--plot $(PLOT),)

bench-size: $(VENV)/.test ## hard partition, head and parent at 100 to 10,000 users a segment; PLOT=… draws it
	$(BIN)/python -m benchmarks.size $(if $(PLOT),--plot $(PLOT),)

.PHONY: bench-drift
bench-drift: $(VENV)/.test ## drift verdicts: false alarms in a quiet year, power, delay, recognition, cost; ONLY=year,retail,confusion,cost SEEDS=… PLOT=folder
	$(BIN)/python -m benchmarks.drift $(if $(ONLY),--only $(ONLY),) $(if $(SEEDS),--seeds $(SEEDS),) $(if $(PLOT),--plot $(PLOT),)

clean: ## remove what the demo left (the environment stays)
	rm -rf .tessera
