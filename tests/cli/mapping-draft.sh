# a draft says what names and shapes suggest; settled, it converts
cp "$CASES/../golden/layouts/"* .
proof='--reference char_rnn_x.npy char_rnn_y.npy --quiet'
try() { elman convert "$@"; echo "$?"; }

try char_rnn.npz --mapping-draft draft.json
cat draft.json
try char_rnn.npz out.safetensors --mapping draft.json
sed -e '/"missing"/,/\],$/d' -e s/ifgo/ifog/ draft.json >settled.json
try char_rnn.npz out.safetensors --mapping settled.json $proof

# one kernel for x and h, and two biases in one tensor
elman convert torch_rnn.npz --mapping-draft draft.json --quiet
grep rows draft.json
sed -e '/"missing"/,/\],$/d' -e s/ifgo/ifog/ draft.json >settled.json
try torch_rnn.npz out.safetensors --mapping settled.json $proof
elman convert keras_gru.npz --mapping-draft draft.json --quiet
grep row draft.json

# what can not be
try char_rnn.npz --mapping-draft char_rnn.npz
try char_rnn.npz --mapping-draft nowhere/draft.json
try out.safetensors --mapping-draft draft.json
try missing.npz --mapping-draft draft.json
try char_rnn.npz

# files that say themselves what they are may be mapped as well
elman convert rtneural_own_lstm.json --mapping-draft draft.json --quiet
grep kernel draft.json
sed -e '/"missing"/,/\],$/d' draft.json >settled.json
try rtneural_own_lstm.json out.safetensors --mapping settled.json --quiet \
    --reference rtneural_own_lstm_x.npy rtneural_own_lstm_y.npy
elman convert nam_1x3x1.nam --mapping-draft draft.json --quiet
sed -n '/"missing"/,$p' draft.json

# two directions are one layer; what an optimizer keeps is none
cp "$CASES/../golden/parts/"directions_added* .
elman convert directions_added.safetensors --mapping-draft draft.json --quiet
grep -e bidirectional -e reverse draft.json
sed -e '/"missing"/,/\],$/d' -e 's/"bidirectional"/"merge": "sum", "bidirectional"/' \
    draft.json >settled.json
try directions_added.safetensors out.safetensors --mapping settled.json \
    --reference directions_added_x.npy directions_added_y.npy --quiet
echo '{"fc.weight": [[1, 2]], "fc.bias": [3],
       "fc.weight/Adam": [[1, 2]], "fc.bias/Adam": [3]}' >trained.json
elman convert trained.json --mapping-draft draft.json --quiet
cat draft.json

# gates by the last letters of names: the same as all of them at once
echo '{"W_xi": [[0.1], [0.2]], "W_xf": [[0.3], [0.4]], "W_xc": [[0.5], [0.6]],
       "W_xo": [[0.7], [0.8]], "W_hi": [[0.1, 0.9], [0.2, 0.8]],
       "W_hf": [[0.3, 0.7], [0.4, 0.6]], "W_hc": [[0.5, 0.5], [0.6, 0.4]],
       "W_ho": [[0.7, 0.3], [0.8, 0.2]], "b_i": [1, 2], "b_f": [3, 4],
       "b_c": [5, 6], "b_o": [7, 8]}' >gates.json
echo '{"rnn.weight_ih_l0": [[0.1], [0.2], [0.3], [0.4], [0.5], [0.6], [0.7], [0.8]],
       "rnn.weight_hh_l0": [[0.1, 0.9], [0.2, 0.8], [0.3, 0.7], [0.4, 0.6],
                            [0.5, 0.5], [0.6, 0.4], [0.7, 0.3], [0.8, 0.2]],
       "rnn.bias_ih_l0": [1, 2, 3, 4, 5, 6, 7, 8],
       "rnn.bias_hh_l0": [0, 0, 0, 0, 0, 0, 0, 0]}' >plain.json
elman convert gates.json --mapping-draft draft.json --quiet
sed '/"file"/,$d' draft.json
sed '/"missing"/,/\],$/d' draft.json >settled.json
try gates.json gates.safetensors --mapping settled.json --quiet
try plain.json plain.safetensors --quiet
cmp gates.safetensors plain.safetensors && echo same

# cells that somebody wrote of linear layers: no chain, and the same as PyTorch's
handmade() {
    elman convert "$1.json" out.safetensors 2>&1 | sed 's/; elman convert.*//'
    elman convert "$1.json" --mapping-draft draft.json --quiet
    sed '/"missing"/,$d' draft.json
    sed '/"missing"/,/\],$/d' draft.json >settled.json
    try "$1.json" made.safetensors --mapping settled.json --quiet
    cmp made.safetensors plain.safetensors && echo same
}
echo '{"lstm.W_ii.weight": [[0.1], [0.2]], "lstm.W_if.weight": [[0.3], [0.4]],
       "lstm.W_ig.weight": [[0.5], [0.6]], "lstm.W_io.weight": [[0.7], [0.8]],
       "lstm.W_hi.weight": [[0.1, 0.9], [0.2, 0.8]],
       "lstm.W_hf.weight": [[0.3, 0.7], [0.4, 0.6]],
       "lstm.W_hg.weight": [[0.5, 0.5], [0.6, 0.4]],
       "lstm.W_ho.weight": [[0.7, 0.3], [0.8, 0.2]],
       "lstm.W_ii.bias": [1, 2], "lstm.W_if.bias": [3, 4],
       "lstm.W_ig.bias": [5, 6], "lstm.W_io.bias": [7, 8]}' >by_gate.json
handmade by_gate
echo '{"input_gate.weight": [[0.1, 0.1, 0.9], [0.2, 0.2, 0.8]],
       "forget_gate.weight": [[0.3, 0.3, 0.7], [0.4, 0.4, 0.6]],
       "cell_gate.weight": [[0.5, 0.5, 0.5], [0.6, 0.6, 0.4]],
       "output_gate.weight": [[0.7, 0.7, 0.3], [0.8, 0.8, 0.2]],
       "input_gate.bias": [1, 2], "forget_gate.bias": [3, 4],
       "cell_gate.bias": [5, 6], "output_gate.bias": [7, 8]}' >beside.json
handmade beside
echo '{"rnn.weight_ih_l0": [[0.1], [0.2]], "rnn.weight_hh_l0": [[1, 2], [3, 4]],
       "rnn.bias_ih_l0": [1, 2], "rnn.bias_hh_l0": [0, 0],
       "fc.weight": [[5, 6]], "fc.bias": [7]}' >plain.json
try plain.json plain.safetensors --quiet
echo '{"i2h.weight": [[0.1], [0.2]], "h2h.weight": [[1, 2], [3, 4]],
       "i2h.bias": [1, 2], "h2h.bias": [0, 0],
       "h2o.weight": [[5, 6]], "h2o.bias": [7]}' >names.json
handmade names
echo '{"i2h.weight": [[0.1, 1, 2], [0.2, 3, 4]], "i2h.bias": [1, 2],
       "h2o.weight": [[5, 6]], "h2o.bias": [7]}' >combined.json
handmade combined
echo '{"i2h.weight": [[0.1, 1, 2], [0.2, 3, 4]], "i2h.bias": [1, 2],
       "i2o.weight": [[5, 6, 7]], "i2o.bias": [7]}' >tutorial.json
elman convert tutorial.json out.safetensors 2>&1
try combined.json out.safetensors --layers i2h,tanh,h2o --quiet
echo '{"cell.x2h.weight": [[0.1], [0.2], [0.3], [0.4]],
       "cell.h2h.weight": [[1], [2], [3], [4]], "cell.x2h.bias": [1, 2, 3, 4],
       "cell.h2h.bias": [5, 6, 7, 8]}' >x2h.json
elman convert x2h.json out.safetensors --layers 'lstm(ifgo):cell' | head -n 8

# a matrix alone behind a recurrent layer is a head
cp "$CASES/../golden/odd/"head_no_bias* .
elman convert head_no_bias.safetensors --mapping-draft draft.json --quiet
grep '"layers"' draft.json
sed '/"missing"/,/\],$/d' draft.json >settled.json
try head_no_bias.safetensors head.safetensors --mapping settled.json \
    --reference head_no_bias_x.npy head_no_bias_y.npy --quiet
