# files of Keras become models that give its answers, as docs/FORMATS.md has it
python3 -m zipfile -e "$CASES/../golden/keras/keras3.zip" . || exit 77
cp chain.keras model.keras; cp chain.x.npy x.npy; cp chain.y.npy y.npy
sum_up() {
    sed -n -e '/own, [0-9.]* k*B/s/.*B: //p' -e '/^checked/s/, at worst.*//p'
}
elman convert model.keras model.safetensors | sum_up
elman convert model.keras model.safetensors --reference x.npy y.npy | sum_up
elman convert trained.h5 model.safetensors \
    --reference trained.x.npy trained.y.npy | sum_up

# arrays without layers take a mapping file
cp refused/weights.h5 model.weights.h5
elman convert model.weights.h5 model.safetensors
cat >mapping.json <<END
{"config": {"input_size": 3, "batch_first": true, "layers": [
    {"kind": "lstm", "hidden_size": 4}, {"kind": "last"},
    {"kind": "linear", "output_size": 2}]},
 "tensors": {
    "rnn.weight_ih_l0": {"from": "layers/lstm/cell/vars/0",
                         "transpose": true, "gates": "ifco"},
    "rnn.weight_hh_l0": {"from": "layers/lstm/cell/vars/1",
                         "transpose": true, "gates": "ifco"},
    "rnn.bias_ih_l0": {"from": "layers/lstm/cell/vars/2", "gates": "ifco"},
    "rnn.bias_hh_l0": {"zero": true},
    "fc.weight": {"from": "layers/dense/vars/0", "transpose": true},
    "fc.bias": "layers/dense/vars/1"}}
END
elman convert model.weights.h5 model.safetensors --mapping mapping.json | sum_up

# and so does a whole model, in whose place the mapping decides
elman convert model.keras model.safetensors --mapping mapping.json \
    --reference x.npy y.npy | sum_up
elman convert model.keras --mapping-draft draft.json --quiet
grep gates draft.json

# layers and weights apart, of either version
python3 -m zipfile -e model.keras .
elman convert config.json model.weights.h5 model.safetensors \
    --reference x.npy y.npy | sum_up
python3 -m zipfile -e "$CASES/../golden/keras/keras3_apart.zip" .
elman convert apart.h5 apart.json apart.safetensors \
    --reference apart.x.npy apart.y.npy | sum_up
elman convert apart.json apart.safetensors
elman convert apart.json apart.json apart.safetensors

# settings that the file has are not given again
elman convert model.keras model.safetensors --layers lstm
elman convert refused/conv.keras model.safetensors
ls *.safetensors
