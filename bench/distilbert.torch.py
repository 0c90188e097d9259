"""The same steps in PyTorch: prints seconds and the mean loss of the last ten as JSON."""

import json
import sys
import time

import torch
from transformers import AutoModelForSequenceClassification

weights, file, threads, rate = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
torch.set_num_threads(threads)
torch.manual_seed(1)
with open(file, encoding="utf8") as source:
    batches = json.load(source)["batches"]
model = AutoModelForSequenceClassification.from_pretrained(weights, num_labels=2)
model.train()
plain = ("bias", "LayerNorm.weight")
groups = [
    {"params": [p for n, p in model.named_parameters() if not n.endswith(plain)], "weight_decay": 0.01},
    {"params": [p for n, p in model.named_parameters() if n.endswith(plain)], "weight_decay": 0.0},
]
optimizer = torch.optim.AdamW(groups, lr=rate)
losses = []
started = time.perf_counter()
for batch in batches:
    length = -(-max(map(len, batch["ids"])) // 8) * 8
    ids = torch.tensor([row + [0] * (length - len(row)) for row in batch["ids"]])
    mask = torch.tensor([[1] * len(row) + [0] * (length - len(row)) for row in batch["ids"]])
    loss = model(input_ids=ids, attention_mask=mask, labels=torch.tensor(batch["labels"])).loss
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    losses.append(loss.item())
last = losses[-10:]
print(json.dumps({"seconds": time.perf_counter() - started, "loss": sum(last) / len(last)}))
