# every command of the chapter on PyTorch files in docs/FORMATS.md, as it stands
# there, on files of PyTorch
golden=$CASES/../golden/torch
cp "$golden"/shards/* "$golden"/several.pt "$golden"/quantized.pt .
cp "$golden"/exported.pt2 .
cp "$golden"/inside.zip ppo.zip
cp "$golden"/inside.tar toolkit.tar
cp "$golden"/program.pt traced.pt
cp "$golden"/program_frozen.pt frozen.pt
cp "$golden"/objects.pt checkpoint.ckpt
cp "$golden"/objects_x.npy x.npy
cp "$golden"/objects_y.npy y.npy
cp "$golden"/program_y.npy "$golden"/refused_within.pt .
cp "$golden"/refused_inside.pt .
cat >frozen.json <<'END'
{"config": {"input_size": 2, "layers": [{"kind": "linear", "output_size": 3}]},
 "tensors": {"fc.weight": "CONSTANTS.c0", "fc.bias": "CONSTANTS.c1"}}
END

awk '/^## / {inside = $0 == "## PyTorch files"}
     inside && /^    elman / {print substr($0, 5)}' \
    "$CASES/../../docs/FORMATS.md" >commands
while read -r command; do
    echo "$command"
    eval "$command" >shown 2>&1 || cat shown
    grep -E '^(net.safetensors|checked|skipped|read|a |dequantized)' shown
    rm -f net.safetensors
done <commands

# programs give what they gave in PyTorch
for file in traced.pt exported.pt2 model.safetensors.index.json; do
    elman convert $file net.safetensors --layers rnn,head.0,head.1 \
        --reference x.npy program_y.npy | grep ^checked
done

# and what does not say enough says what to do
elman convert ppo.zip net.safetensors
elman convert model-00002-of-00002.safetensors net.safetensors
elman convert refused_within.pt net.safetensors
elman convert refused_inside.pt net.safetensors
ls *.safetensors
