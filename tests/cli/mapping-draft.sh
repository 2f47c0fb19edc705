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
