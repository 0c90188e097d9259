"""The trainer rnn's network in PyTorch, on film reviews: python models.torch-rnn.py ROWS.jsonl LABELS THREADS; prints one JSON object.

The same sizes, steps and rates as the trainer's defaults: words and marks in lower case, the 20,000 most frequent of the training
texts, 256 tokens a text, batches of about equal length, an LSTM of 128 in each direction, the highest of its states, AdamW with
warm-up and linear decay, gradients clipped to norm 1. What it starts from and what it drops differ.
"""

import collections
import json
import random
import re
import sys
import time

import torch
from torch import nn

VOCABULARY, EMBEDDING, HIDDEN, DROPOUT = 20_000, 100, 128, 0.3
LENGTH, BATCH, RATE, WARMUP, DECAY, CLIP, BUCKET, POOL = 256, 64, 2e-3, 0.06, 0.01, 1.0, 8, 50
EPOCHS = 3
PAD, UNKNOWN = 0, 1
TOKEN = re.compile(r"\w+|[^\w\s]")


class Classifier(nn.Module):
    def __init__(self, labels):
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, EMBEDDING)
        self.lstm = nn.LSTM(EMBEDDING, HIDDEN, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * HIDDEN, labels)
        self.dropout = nn.Dropout(DROPOUT)
        nn.init.uniform_(self.words.weight, -0.1, 0.1)

    def forward(self, ids, lengths):
        vectors = self.dropout(self.words(ids))
        packed = nn.utils.rnn.pack_padded_sequence(vectors, lengths, batch_first=True, enforce_sorted=False)
        states, _ = nn.utils.rnn.pad_packed_sequence(
            self.lstm(packed)[0], batch_first=True, padding_value=-1e9, total_length=ids.shape[1]
        )
        return self.head(self.dropout(states.max(1).values))


def split(text):
    return TOKEN.findall(text.lower())[:LENGTH]


def tensors(examples):
    lengths = torch.tensor([len(ids) for ids, _ in examples])
    longest = -(-int(lengths.max()) // BUCKET) * BUCKET
    ids = torch.tensor([ids + [PAD] * (longest - len(ids)) for ids, _ in examples])
    return ids, lengths, torch.tensor([label for _, label in examples])


def batches(examples):
    examples = random.sample(examples, len(examples))
    found = []
    for start in range(0, len(examples), BATCH * POOL):
        pool = sorted(examples[start : start + BATCH * POOL], key=lambda e: len(e[0]))
        found += [pool[i : i + BATCH] for i in range(0, len(pool), BATCH)]
    random.shuffle(found)
    return found


def main():
    file, labels, threads = sys.argv[1], sys.argv[2].split(","), int(sys.argv[3])
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    random.seed(1)
    with open(file, encoding="utf-8") as source:
        rows = [json.loads(line) for line in source]
    started, worked = time.perf_counter(), time.process_time()
    counts = collections.Counter()
    for row in rows:
        if row["split"] == "train":
            counts.update(TOKEN.findall(row["text"].lower()))
    ids = {word: i + 2 for i, (word, _) in enumerate(counts.most_common(VOCABULARY - 2))}

    def example(row):
        return [ids.get(word, UNKNOWN) for word in split(row["text"])] or [UNKNOWN], labels.index(row["label"])

    train = [example(row) for row in rows if row["split"] == "train"]
    model = Classifier(len(labels))
    plain = [p for n, p in model.named_parameters() if "bias" in n]
    decayed = [p for n, p in model.named_parameters() if "bias" not in n]
    groups = [{"params": decayed, "weight_decay": DECAY}, {"params": plain, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=RATE)
    steps = EPOCHS * -(-len(train) // BATCH)
    warmup = round(steps * WARMUP)
    rate = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: s / warmup if s < warmup else max(0.0, (steps - s) / max(1, steps - warmup))
    )
    for _ in range(EPOCHS):
        for batch in batches(train):
            rows_, lengths, truth = tensors(batch)
            loss = nn.functional.cross_entropy(model(rows_, lengths), truth)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), CLIP)
            optimizer.step()
            rate.step()
    trained = time.perf_counter()
    worked = time.process_time() - worked

    # As the runtime is measured: one thread, from text to label.
    torch.set_num_threads(1)
    model.eval()
    confusion = [[0] * len(labels) for _ in labels]
    texts = [row for row in rows if row["split"] == "test"]
    asked = time.perf_counter()
    with torch.no_grad():
        for start in range(0, len(texts), BATCH):
            examples = [example(row) for row in texts[start : start + BATCH]]
            rows_, lengths, truth = tensors(examples)
            for found, wanted in zip(model(rows_, lengths).argmax(1).tolist(), truth.tolist()):
                confusion[wanted][found] += 1
    ended = time.perf_counter()
    print(
        json.dumps(
            {
                "train": trained - started,
                "cpu": worked,
                "textsPerSecond": len(texts) / max(1e-9, ended - asked),
                "confusion": confusion,
            }
        )
    )


main()
