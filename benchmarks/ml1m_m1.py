"""Top-N on the published ML-1M split m1: train masked (the published protocol), and train and validation masked.

    make bench-ml1m-m1 [DATA=../shared/data] [BUDGET_MINUTES=10]

Published (Recall@20 / NDCG@20, train masked): UltraGCN .2787/.2642, SimpleX .2802/.2670; EASE alone .2800/.2698.
With both masked the same models are fitted again on train and validation, without another search, for the record.
"""

from __future__ import annotations

import argparse

from benchmarks.reporting import data_folder, finish
from benchmarks.topn import MASKS, Budget, Split, arguments, options_of, run

PUBLISHED = {"UltraGCN": {"recall": 0.2787, "ndcg": 0.2642}, "SimpleX": {"recall": 0.2802, "ndcg": 0.2670}}


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments(parser)
    given = parser.parse_args()
    names = ("train.parquet", "test.parquet", "valid.parquet")
    folder = data_folder("bench-ml1m-m1", names)
    options = options_of(given)
    budget = Budget(options.seconds)
    train, test, valid = (folder / name for name in names)
    split = Split.read(train, test, valid, options.seed)
    finish({"published": PUBLISHED, **run(split, list(MASKS), options, budget)})


if __name__ == "__main__":
    main()
