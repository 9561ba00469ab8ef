"""The same expressions on Spark: equal features."""

from __future__ import annotations

import shutil
import signal
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from interactions.features.closing import Closing, close, closing_day
from interactions.features.computation import item_expression, user_expression
from interactions.features.relations import Rollups, past
from interactions.features.rollups import item_rollup, user_rollup
from interactions.features.settings import FeatureSettings
from warehouse.engine import at_rest, duckdb_engine
from warehouse.schemas import TABLES

pytestmark = pytest.mark.spark
AS_OF = date(2026, 4, 2)  # what is before March is closed


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java, and there is none")
    pytest.importorskip("pyspark", reason="install the extra 'spark' to run the features on Spark")
    import ibis
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    interrupted = signal.getsignal(signal.SIGINT)
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.driver.memory", "512m")
        # tiny data: compiling the plans would cost far more than running them
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.default.parallelism", "1")
        .getOrCreate()
    )
    yield ibis.pyspark.connect(session)
    session.stop()
    # its Java process would live, and be counted among the children of this one, until the last test here
    gateway = SparkContext._gateway
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait(30)
    SparkContext._gateway = SparkContext._jvm = None
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, interrupted)  # Spark's own handler asks a context that is gone


def _naive(table: pa.Table) -> pa.Table:
    fields = [pa.field(f.name, pa.timestamp("us") if pa.types.is_timestamp(f.type) else f.type) for f in table.schema]
    return table.cast(pa.schema(fields))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    random, folder = np.random.default_rng(5), tmp_path_factory.mktemp("tables")
    start = pd.Timestamp("2026-02-10", tz="UTC")
    kinds = ["view", "click", "purchase", "rating", "return", "coupon"]
    events = [
        {
            "user_id": f"u{random.integers(12)}",
            "item_id": f"i{random.integers(9)}",
            "event_type": str(random.choice(kinds)),
            "ts": start + timedelta(seconds=int(random.integers(60 * 86_400))),
            "value": float(np.round(random.uniform(1, 5), 2)),
            "event_id": f"e{n}",
            "session_id": None if n % 3 else f"q{n // 30}",
            "device": [None, "Mobile", "desktop", "tablet"][random.integers(4)],
            "channel": ["mail", "search"][random.integers(2)],
            "country": ["DE", "FR", None][random.integers(3)],
        }
        for n in range(400)
    ]
    events = [{**e, "date": e["ts"].date()} for e in events]
    users = [{"user_id": f"u{n}", "signup_ts": start - timedelta(days=n), "gender": "f"} for n in range(14)]
    items = [{"item_id": f"i{n}", "category": f"c{n % 3}", "price": 2.0 + n} for n in range(8)]
    paths = {}
    for name, rows in {"interactions": events, "users": users, "items": items}.items():
        table = pa.Table.from_pylist(rows, schema=TABLES[name].schema)
        pq.write_table(_naive(table), folder / f"{name}.parquet")
        paths[name] = folder / f"{name}.parquet"
    return paths


def _stored(engine: Any, expression: Any, path: Path) -> Any:
    pq.write_table(engine.to_pyarrow(expression), path)
    return engine.read_parquet(str(path))


def _features(engine: Any, files: dict[str, Path], folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    tables = {name: engine.read_parquet(str(path)) for name, path in files.items()}
    settings, events = FeatureSettings(), tables["interactions"]
    daily = [
        _stored(engine, expression(events, settings), folder / f"{engine.name}-{expression.__name__}.parquet")
        for expression in (user_rollup, item_rollup)
    ]
    totals = close(daily[0], daily[1], closing_day(AS_OF), settings)
    parts = ("users", "items", "pairs", "values")
    paths = (folder / f"{engine.name}-closed-{part}.parquet" for part in parts)
    kept = (at_rest(engine, getattr(totals, part), file) for part, file in zip(parts, paths, strict=True))
    closing = Closing(totals.day, *kept)
    before = past(Rollups(daily[0], daily[1], tables["users"], tables["items"]), closing, AS_OF, settings)
    users = engine.to_pyarrow(user_expression(before, settings, ["c0", "c1"])).to_pandas()
    items = engine.to_pyarrow(item_expression(before, settings)).to_pandas()
    return users.sort_values("user_id", ignore_index=True), items.sort_values("item_id", ignore_index=True)


def test_spark_computes_the_features_that_duckdb_computes(spark: Any, files: dict[str, Path], tmp_path: Path) -> None:
    local, remote = (_features(engine, files, tmp_path) for engine in (duckdb_engine(threads=1), spark))
    for here, there in zip(local, remote, strict=True):
        assert len(here) > 5
        pd.testing.assert_frame_equal(here, there, check_dtype=False, rtol=1e-6, atol=2e-6)
