# ONNX's own opinion of graphs: checker.py FILE…; with FILE.json beside one, its inputs are fed to it and its logits compared.
import json
import os
import sys

import numpy as np
import onnx
import onnxruntime

for path in sys.argv[1:]:
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    [opset] = [o.version for o in model.opset_import if o.domain in ("", "ai.onnx")]
    domains = sorted({n.domain for n in model.graph.node})
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    off = None
    if os.path.exists(path + ".json"):
        with open(path + ".json") as file:
            known = json.load(file)
        feeds = {i.name: np.array(known["inputs"][i.name], dtype=np.int64) for i in session.get_inputs()}
        off = float(np.abs(session.run(None, feeds)[0] - np.array(known["logits"])).max())
    print(json.dumps({"opset": opset, "domains": domains, "off": off}))
