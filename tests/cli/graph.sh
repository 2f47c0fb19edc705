# ONNX files run as they are and give what another runtime gave
. "$CASES/data.sh"
golden=$CASES/../golden/onnx
cp "$golden/dynamo_language/"* .
elman run model.onnx
elman run model.onnx --list --json
set -- --input tokens=input0_tokens.npy --input h_0=input0_h_0.npy \
    --input c_0=input0_c_0.npy
elman run model.onnx "$@" --output-dir whole
for name in logits h_n c_n; do compare whole/$name.npy output0_$name.npy; done

# in chunks and with threads: the same bits
elman run model.onnx "$@" -o chunks --steps 1 --threads 2 --json
diff -r whole chunks && echo the same bits
elman run model.onnx "$@" -o chunks --quiet

# weights as inputs, as in ONNX's own tests of its operators
cp -r "$golden/node_lstm_with_peepholes" operator
cd operator
set --
for name in X W R B sequence_lens initial_h initial_c P; do
    set -- "$@" -i $name=input0_$name.npy
done
elman run model.onnx "$@" -o .
compare Y_h.npy output0_Y_h.npy
cd ..

# states with a default can be left out
elman convert "$CASES/../golden/state/lstm.safetensors" lstm.onnx --quiet
elman run lstm.onnx
elman run lstm.onnx -i x="$CASES/../golden/state/lstm_x.npy" -o lstm --quiet
compare lstm/y.npy "$CASES/../golden/state/lstm_y.npy"

# whatever an output is called, its file is in the folder
cp -r "$golden/graph_names" names
LC_ALL=C sed 's#out/put: 0#../../../%#' names/model.onnx >names/up.onnx
for model in model up; do
    elman run names/$model.onnx -i x=names/input0_x.npy -o out
done
compare 'out/out%2Fput: 0.npy' names/output0_out_put__0.npy
ls
ls out

# what a graph does not say is not guessed; after a run it is known
cp -r "$golden/attribute_gru_clip" clip
elman run clip/model.onnx
elman run clip/model.onnx --list --json
elman run clip/model.onnx -i X=clip/input0_X.npy -o shapes --json
