"""Linear models of scikit-learn on reviews: python models.sklearn.py ROWS.jsonl LABELS THREADS tfidf|nbsvm; prints one JSON object."""

import json
import sys
import time

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.metrics import confusion_matrix
from sklearn.svm import LinearSVC

file, labels, _threads, kind = sys.argv[1:5]  # these solvers work on one thread
labels = labels.split(",")
rows = [json.loads(line) for line in open(file, encoding="utf-8")]
texts = {split: [r["text"] for r in rows if r["split"] == split] for split in ("train", "test")}
truth = {split: [r["label"] for r in rows if r["split"] == split] for split in ("train", "test")}


class LogCountRatio:
    """Weighs binary features by how much more often they are in texts of the second label (Wang & Manning 2012)."""

    def fit(self, x, y):
        inside = np.array([label == labels[1] for label in y])
        p, q = (1 + x[inside].sum(axis=0)), (1 + x[~inside].sum(axis=0))
        self.ratio = sparse.csr_matrix(np.log(p / p.sum()) - np.log(q / q.sum()))
        return self

    def transform(self, x):
        return x.multiply(self.ratio).tocsr()


if kind == "tfidf":
    vectorizer, weigh, model = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True), None, LinearSVC()
else:
    vectorizer, weigh, model = CountVectorizer(ngram_range=(1, 3), min_df=2, binary=True), LogCountRatio(), LinearSVC(C=0.01)
started, worked = time.perf_counter(), time.process_time()
x = vectorizer.fit_transform(texts["train"])
if weigh:
    x = weigh.fit(x, truth["train"]).transform(x)
model.fit(x, truth["train"])
trained = time.perf_counter()
worked = time.process_time() - worked
x = vectorizer.transform(texts["test"])
predicted = model.predict(weigh.transform(x) if weigh else x)
ended = time.perf_counter()
print(
    json.dumps(
        {
            "train": trained - started,
            "cpu": worked,
            "textsPerSecond": len(predicted) / (ended - trained),
            "confusion": confusion_matrix(truth["test"], predicted, labels=labels).tolist(),
        }
    )
)
