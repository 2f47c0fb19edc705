# a failed conversion is explained in one line, and nothing is written
cp "$CASES/../golden/state/"* .
try() { elman convert "$@"; echo "$? $*"; }
mkdir out
try language.pt
try language.pt out/x.pt
try language.pt out/x
try language.pt out/x.onnx --to keras
try language.pt language.pt --to elman
try language.pt ./language_x.npy --to onnx --reference language_x.npy language_y.npy
try language.pt missing/x.onnx
try language.pt out --to elman
try language.pt out/x.onnx --to torch
try language.pt out/x.onnx --to elman
try language.pt out/x.safetensors --to onnx
try missing.pt out/x.onnx
try language.pt lstm.pt out/x.onnx
try language.pt out/x.onnx --reference language_x.npy
try language.pt out/x.onnx --reference language_x.npy missing.npy
try language.pt out/x.onnx --reference language_x.npy language_x.npy
try language.pt out/x.onnx --ignore nothing.of.that
try language.pt out/x.onnx --layers lstm,embed,fc
try language_x.npy out/x.onnx
try two_states.pt out/x.onnx
try unclaimed.pt out/x.onnx
try unclaimed.pt out/x.onnx --json
try unclaimed.pt out/x.onnx --ignore 'norm.*' --quiet
try more.pt out/more.safetensors --ignore '*.num_batches_tracked,criterion.*' \
    --quiet --reference more_x.npy more_y.npy
# a weight file does not record tanh or relu: the reference decides
try rnn_relu.pt out/relu.safetensors --reference rnn_relu_x.npy rnn_relu_y.npy
try rnn_relu.pt out/relu.safetensors --reference rnn_relu_x.npy rnn_relu_y.npy \
    --nonlinearity relu --quiet
ls out
