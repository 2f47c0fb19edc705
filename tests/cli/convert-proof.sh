# what was not proved stays so: in what is written, in what is made of that,
# and without a word
. "$CASES/data.sh"
cp "$CASES/../golden/state/lstm"[._]* "$CASES/../golden/state/rnn_relu"[._]* .
last() { tail -n 1 | cut -d ';' -f 1; }
elman convert lstm.pt doubt.safetensors | last
elman info doubt.safetensors | grep '^proof'
elman info doubt.safetensors --json | grep -o '"proof":"[^"]*"'
elman convert doubt.safetensors doubt.onnx | last
elman convert doubt.safetensors again.safetensors --quiet
elman info again.safetensors | grep '^proof'

# until a reference is met
elman convert doubt.safetensors proved.safetensors --quiet \
    --reference lstm_x.npy lstm_y.npy
elman info proved.safetensors | grep -c '^proof'
elman convert proved.safetensors proved.onnx | last

# one that is not met says what may be the reason
elman convert rnn_relu.pt relu.safetensors --quiet \
    --reference rnn_relu_x.npy rnn_relu_y.npy
elman convert lstm.pt shape.safetensors --quiet \
    --reference lstm_x.npy rnn_relu_y.npy
elman convert lstm.pt shape.safetensors --mapping-draft -

# a text has no numbers
make_text 20
elman train text.txt --init-from proved.safetensors --quiet
