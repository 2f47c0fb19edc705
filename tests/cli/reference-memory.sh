# a reference of a model that takes its memory and gives it: PyTorch's numbers
. "$CASES/data.sh"
cp "$CASES/../golden/memory/"* .
last() { tail -n 1 | sed 's/ [0-9.e-]* of the/ N of the/; s/streaming [0-9.e-]*/streaming N/'; }
cell() { for letter in $2; do for when in 0 n; do
    printf -- '--state %s_%s=%s_%s_%s.npy ' $3$letter $when $1 $letter $when
done; done; }
for name in lstm gru projected words; do
    letters='h c' prefix= more=
    [ $name = gru ] && letters=h more=--batch-first
    [ $name = words ] && prefix=rnn. more='--layers encoder,rnn,decoder'
    elman convert $name.safetensors $name.out.safetensors $more \
        --reference ${name}_x.npy ${name}_y.npy \
        $(cell $name "$letters" $prefix) | last
done
elman verify gru.out.safetensors --reference gru_x.npy gru_y.npy \
    --state gru_h_0.npy | tail -n 1
elman verify lstm.out.safetensors --reference lstm_x.npy lstm_y.npy \
    $(cell lstm 'h c') | sed -n '5,9p'

# without its memory, or with another, it is not the same
elman convert lstm.safetensors wrong.safetensors --quiet \
    --reference lstm_x.npy lstm_y.npy
elman convert lstm.safetensors wrong.safetensors --quiet --reference lstm_x.npy \
    lstm_y.npy --state h_0=lstm_h_0.npy --state c_0=lstm_c_0.npy \
    --state c_n=lstm_h_n.npy

# mistakes
try() { elman verify lstm.out.safetensors --reference lstm_x.npy lstm_y.npy "$@"; }
try --state lstm_h_0.npy
try --state h0=lstm_h_0.npy
try --state h_0=gru_x.npy
try --state h_n=lstm_h_n.npy --state h_n=lstm_h_n.npy
elman verify lstm.out.safetensors --state h_0=lstm_h_0.npy
elman predict lstm.out.safetensors lstm_x.npy --state h_n=lstm_h_n.npy
ls wrong.safetensors
