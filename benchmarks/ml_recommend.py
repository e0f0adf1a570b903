"""Recommendations for all customers, against Spark's implicit ALS: time and NDCG, in one run.

Bars, in each of three windows: NDCG@10 of new products at least .14 and 1.3x Spark's, of all at
least .35 and 1.2x; lists for all customers within 15 s, and 10x faster than Spark's.

    python -m benchmarks.ml_recommend [PYTHON_WITH_PYSPARK]

Spark is no dependency of the project: give a Python that has it (and numpy) to measure against.
The windows are the last three spans of four weeks of the log. Each window's models are fitted on
what was before it; our parameters were chosen on the windows before the last one. Of ours the
median of three runs counts, one before Spark's and two after it; CPU seconds tell the same on a
machine that is busy.
"""

import json
import subprocess
import sys
import tempfile
import time
from statistics import median

import numpy as np
import polars as pl

from benchmarks.ml_lines import END, read_lines
from benchmarks.online_retail import ONLINE_RETAIL
from lakehouse.ml.evaluation.ranking import judge, truth
from lakehouse.ml.evaluation.windows import last_windows
from lakehouse.ml.orders import demand
from lakehouse.ml.recommend.interactions import Interactions, interactions
from lakehouse.ml.recommend.lists import Chosen, make_lists
from lakehouse.ml.recommend.recipes import RECIPES, Fits
from lakehouse.ml.recommend.scoring import top

SPARK = """
import json, sys, time
from pyspark.ml.recommendation import ALS
from pyspark.sql import SparkSession
spark = (SparkSession.builder.master("local[2]").config("spark.driver.memory", "4g")
    # Java keeps its clock of the process to itself otherwise.
    .config("spark.driver.extraJavaOptions",
        "--add-opens=jdk.management/com.sun.management.internal=ALL-UNNAMED")
    .config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "4").getOrCreate())
spark.sparkContext.setLogLevel("ERROR")
frame = spark.read.parquet(sys.argv[1]).cache()
frame.count()
machine = spark._jvm.java.lang.management.ManagementFactory.getOperatingSystemMXBean()
began, busy = time.monotonic(), machine.getProcessCpuTime()
model = ALS(userCol="customer", itemCol="product", ratingCol="orders", rank=64, maxIter=10,
    regParam=0.1, alpha=10.0, implicitPrefs=True, seed=7).fit(frame)
model.userFactors.count(), model.itemFactors.count()
model.recommendForAllUsers(10).write.mode("overwrite").parquet(sys.argv[2] + "/lists")
done, worked = time.monotonic(), (machine.getProcessCpuTime() - busy) / 1e9
for name, factors in (("users", model.userFactors), ("items", model.itemFactors)):
    factors.write.mode("overwrite").parquet(sys.argv[2] + "/" + name)
print("RESULT", json.dumps({"clock": done - began, "cpu": worked}))
"""


class Factors:
    def __init__(self, users: np.ndarray, items: np.ndarray) -> None:
        self.users, self.items = users, items

    def scores(self, customers: np.ndarray) -> np.ndarray:
        return self.users[customers] @ self.items.T


def ours(purchases: pl.DataFrame, found: Interactions) -> dict[str, float]:
    began, busy = time.monotonic(), time.process_time()
    known = interactions(purchases, found.as_of)
    everybody = np.arange(len(known.customers), dtype=np.int32)
    before = purchases.filter(pl.col("ordered_at") < known.as_of)
    lists = make_lists(Fits(known), Chosen("again_ease_trend", "ease_trend"), before, everybody)
    with tempfile.TemporaryDirectory() as folder:  # Spark's are written too
        lists.write_parquet(f"{folder}/lists.parquet")
        return {"clock": time.monotonic() - began, "cpu": time.process_time() - busy}


def spark(python: str, found: Interactions) -> tuple[Factors, dict[str, float]]:
    with tempfile.TemporaryDirectory() as folder:
        counts = found.counts.tocoo()
        pl.DataFrame(
            {"customer": counts.row, "product": counts.col, "orders": counts.data}
        ).write_parquet(f"{folder}/interactions.parquet")
        said = subprocess.run(
            [python, "-c", SPARK, f"{folder}/interactions.parquet", folder],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        factors = []
        for name, size in zip(("users", "items"), found.shape, strict=True):
            frame = pl.read_parquet(f"{folder}/{name}/*.parquet")
            matrix = np.zeros((size, 64), np.float32)
            matrix[frame["id"].to_numpy()] = np.array(frame["features"].to_list(), np.float32)
            factors.append(matrix)
    seconds = json.loads(said.split("RESULT", 1)[1])
    return Factors(*factors), seconds


def ndcg(model: object, found: Interactions, bought: pl.DataFrame, *, new: bool) -> float:
    wanted = truth(found, bought, new_only=new)
    seen = found.counts if new else None
    lists, _ = top(model, wanted.customers, 10, seen=seen)  # type: ignore[arg-type]
    return float(judge(lists, wanted)["ndcg"].mean())


def main(python: str | None = None) -> None:
    purchases = demand(read_lines(ONLINE_RETAIL))
    for window in last_windows(END, 3):
        bought = window.within(purchases)
        found = interactions(purchases, window.start)
        fits = Fits(found)
        new = ndcg(RECIPES["ease_trend"].make(fits), found, bought, new=True)
        both = ndcg(RECIPES["again_ease_trend"].make(fits), found, bought, new=False)
        line = f"{window.start:%d %b}: NDCG@10 new {new:.3f}, all {both:.3f}"
        mine = [ours(purchases, found)]
        if python:
            theirs, seconds = spark(python, found)
            mine += [ours(purchases, found), ours(purchases, found)]  # before Spark, and after it
            their_new = ndcg(theirs, found, bought, new=True)
            their_all = ndcg(theirs, found, bought, new=False)
            line += f"; Spark {their_new:.3f} ({new / their_new:.2f}x), {their_all:.3f}"
            line += f" ({both / their_all:.2f}x)"
        for kind in ("clock", "cpu"):
            middle = median(each[kind] for each in mine)
            line += f"; lists for all, {kind} {middle:.1f} s"
            if python:
                line += f", Spark {seconds[kind]:.1f} s ({seconds[kind] / middle:.1f}x)"
        print(line, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
