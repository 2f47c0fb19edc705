# what a graph rounds on its way a run rounds as well; a model does not, and says so
. "$CASES/data.sh"
golden=$CASES/../golden/onnx
for name in graph_deployed_cast graph_deployed_rounded graph_quantized_qdq; do
    cp "$golden/$name/"* .
    elman run model.onnx -i x=input0_x.npy -o out --quiet
    compare out/y.npy output0_y.npy
    elman convert model.onnx m.safetensors | grep -e rounded -e rounding
done

# but not in each step of an LSTM, which is said
cp "$golden/graph_quantized_dynamic/"* .
elman run model.onnx -i tokens=input0_tokens.npy -o out >/dev/null
elman info model.onnx | grep rounding
elman convert model.onnx m.safetensors | grep rounded
