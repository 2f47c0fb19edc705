# arrays with other axes of one than the model's, as frameworks have them
. "$CASES/data.sh"
cat >net.json <<'END'
{"weight_ih_l0": [[0.5], [0.25]], "weight_hh_l0": [[0.5, 0], [0, 0.5]],
 "bias_ih_l0": [0, 0], "bias_hh_l0": [0, 0]}
END
cat >map.json <<'END'
{"config": {"input_size": 1, "batch_first": true, "layers": [
     {"kind": "rnn", "hidden_size": 2}, {"kind": "linear", "output_size": 1}]},
 "tensors": {"rnn.weight_ih_l0": "weight_ih_l0",
     "rnn.weight_hh_l0": "weight_hh_l0", "rnn.bias_ih_l0": "bias_ih_l0",
     "rnn.bias_hh_l0": "bias_hh_l0", "fc.weight": {"values": [[0, 0]]},
     "fc.bias": {"values": [3]}}}
END
elman convert net.json net.safetensors --mapping map.json >/dev/null
ints x.npy '(2, 3)' 1 0 1 0 1 1
ints three.npy '(2, 3, 1)' 1 0 1 0 1 1
ints y.npy '(2, 3)' 3 3 3 3 3 3
ints flat.npy '(6,)' 3 3 3 3 3 3

# (B,T) where the model has (B,T,1)
elman verify net.safetensors --reference x.npy y.npy
elman verify net.safetensors --reference three.npy y.npy --json
elman predict net.safetensors x.npy --output made.npy
elman verify net.safetensors --reference three.npy made.npy | tail -1
elman eval net.safetensors x.npy y.npy
elman eval net.safetensors x.npy y.npy --loss cross-entropy

# what lies in fewer axes is refused, with the line that helps
elman verify net.safetensors --reference x.npy flat.npy
elman eval net.safetensors x.npy flat.npy
