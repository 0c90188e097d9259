# Prints, for each line of standard input {"tokenizer": …, "texts": […]}, the ids that Hugging Face's `tokenizers` give.
import json
import sys

from tokenizers import Tokenizer

for line in sys.stdin:
    given = json.loads(line)
    tokenizer = Tokenizer.from_str(json.dumps(given["tokenizer"]))
    print(json.dumps([encoding.ids for encoding in tokenizer.encode_batch(given["texts"])]), flush=True)
