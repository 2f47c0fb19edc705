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
try nam_1x3x1.nam --mapping-draft draft.json
try missing.npz --mapping-draft draft.json
try char_rnn.npz

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
