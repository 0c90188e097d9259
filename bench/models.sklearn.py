"""Linear models of scikit-learn on film reviews: python models.sklearn.py ROWS.jsonl; prints one JSON object."""

import json
import sys
import time

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

rows = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
train = [r for r in rows if r["split"] == "train"]
test = [r for r in rows if r["split"] == "test"]
model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True), LinearSVC())
started = time.perf_counter()
model.fit([r["text"] for r in train], [r["label"] for r in train])
trained = time.perf_counter()
predicted = model.predict([r["text"] for r in test])
ended = time.perf_counter()
truth = [r["label"] for r in test]
print(
    json.dumps(
        {
            "train": trained - started,
            "f1": f1_score(truth, predicted, pos_label=sorted(set(truth))[1]),
            "textsPerSecond": len(test) / (ended - trained),
        }
    )
)
