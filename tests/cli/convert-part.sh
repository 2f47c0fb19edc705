# a part of a graph is converted where the whole is not a stack of layers
cp "$CASES/../golden/onnx/refused/gelu.onnx" "$CASES/../golden/onnx/refused/convolution.onnx" .
cp "$CASES/../golden/onnx/torchscript_norm_front/model.onnx" front.onnx
cp "$CASES/../golden/onnx/torchscript_tagger/model.onnx" tagger.onnx
try() { elman convert "$@"; echo "$? $*"; }
try gelu.onnx m.safetensors
try gelu.onnx m.safetensors --to-tensor Squeeze_1:0
try convolution.onnx m.safetensors
try convolution.onnx m.safetensors --from-tensor conv:0
try convolution.onnx m.safetensors --from-tensor Transpose_2:0
try front.onnx m.safetensors --from-tensor /Transpose_1_output_0
try tagger.onnx m.safetensors --from-tensor /embed/Gather_output_0 --to-tensor /norm/LayerNormalization_output_0
try front.onnx m.safetensors --from-tensor nothing
try front.onnx m.safetensors --to-tensor x --from-tensor /Transpose_1_output_0
try m.safetensors n.safetensors --to-tensor y
# each head of two gives a model of its own, and a refusal says so
cp "$CASES/../golden/onnx/refused/two_heads.onnx" heads.onnx
try heads.onnx m.safetensors
try heads.onnx m.safetensors --to-tensor critic
# a cell of one step, a loop, and a refusal with the part before it
cp "$CASES/../golden/onnx/torchscript_cell_gru/model.onnx" cell.onnx
cp "$CASES/../golden/onnx/torchscript_script_unbound/model.onnx" loop.onnx
cp "$CASES/../golden/onnx/refused/scan.onnx" sum.onnx
try cell.onnx m.safetensors
try loop.onnx m.safetensors
try sum.onnx m.safetensors
