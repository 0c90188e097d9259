"""A pretrained encoder fine-tuned on reviews in PyTorch: python models.torch-distilbert.py ROWS.jsonl LABELS THREADS WEIGHTS; prints one JSON object.

One epoch, batches of 32 of about equal length, up to 256 tokens; AdamW at 1e-4 (warm-up over 6 %, then linearly to 0), weight decay
0.01, gradients clipped to norm 1.
"""

import json
import random
import sys
import time

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

file, labels, threads, weights = sys.argv[1], sys.argv[2].split(","), int(sys.argv[3]), sys.argv[4]
BATCH, LENGTH, RATE = 32, 256, 1e-4
torch.set_num_threads(threads)
torch.manual_seed(1)
random.seed(1)
rows = [json.loads(line) for line in open(file, encoding="utf-8")]
tokenizer = AutoTokenizer.from_pretrained(weights)


def examples(split):
    chosen = [r for r in rows if r["split"] == split]
    ids = tokenizer([r["text"] for r in chosen], truncation=True, max_length=LENGTH)["input_ids"]
    return [(i, labels.index(r["label"])) for i, r in zip(ids, chosen)]


def batches(from_):
    by_length = sorted(from_, key=lambda e: len(e[0]))
    return [by_length[i : i + BATCH] for i in range(0, len(by_length), BATCH)]


def tensors(batch):
    length = -(-max(len(ids) for ids, _ in batch) // 8) * 8
    ids = torch.tensor([ids + [0] * (length - len(ids)) for ids, _ in batch])
    mask = torch.tensor([[1] * len(ids) + [0] * (length - len(ids)) for ids, _ in batch])
    return {"input_ids": ids, "attention_mask": mask}


started, worked = time.perf_counter(), time.process_time()
model = AutoModelForSequenceClassification.from_pretrained(weights, num_labels=len(labels))
plain = ("bias", "LayerNorm.weight")
groups = [
    {"params": [p for n, p in model.named_parameters() if not n.endswith(plain)], "weight_decay": 0.01},
    {"params": [p for n, p in model.named_parameters() if n.endswith(plain)], "weight_decay": 0.0},
]
optimizer = torch.optim.AdamW(groups, lr=RATE)
work = batches(examples("train"))
random.shuffle(work)
warm = max(1, round(0.06 * len(work)))
schedule = torch.optim.lr_scheduler.LambdaLR(
    optimizer, lambda step: step / warm if step < warm else (len(work) - step) / max(1, len(work) - warm)
)
model.train()
for batch in work:
    loss = model(**tensors(batch), labels=torch.tensor([label for _, label in batch])).loss
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    schedule.step()
trained = time.perf_counter()
worked = time.process_time() - worked
torch.set_num_threads(1)
model.eval()
confusion = [[0] * len(labels) for _ in labels]
with torch.inference_mode():
    for batch in batches(examples("test")):
        for (_, label), answer in zip(batch, model(**tensors(batch)).logits.argmax(dim=1).tolist()):
            confusion[label][answer] += 1
ended = time.perf_counter()
texts = sum(map(sum, confusion))
print(json.dumps({"train": trained - started, "cpu": worked, "textsPerSecond": texts / (ended - trained), "confusion": confusion}))
