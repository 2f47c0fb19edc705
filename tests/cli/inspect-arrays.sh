# inside a model from elsewhere, on arrays as it takes them
. "$CASES/data.sh"
golden=$CASES/../golden/state
cp "$golden"/lstm[._]* "$golden"/language[._]* "$golden"/gru_cell[._]* .
for name in lstm language; do
    elman convert $name.pt $name.safetensors --reference ${name}_x.npy \
        ${name}_y.npy >/dev/null
done
look() { elman inspect "$@" --only flow | sed -n '1,2p'; }
look lstm.safetensors lstm_x.npy
look language.safetensors language_x.npy
elman convert gru_cell.pt gru.safetensors --quiet --batch-first
look gru.safetensors gru_cell_x.npy

# with what it should give
elman inspect lstm.safetensors lstm_x.npy --target-file lstm_y.npy \
    --only errors | sed -n '2p; /^fine  *answers/s/[0-9].*//p'
ints classes.npy '(6,3)' 0 1 2 3 4 0 1 2 3 4 0 1 2 3 4 0 1 2
elman inspect lstm.safetensors lstm_x.npy --target-file classes.npy \
    --only errors --json | grep -o '"classes":[0-9]*' | head -n 1

# and what does not fit
elman inspect lstm.safetensors language_x.npy
elman inspect lstm.safetensors lstm_x.npy --target-file language_y.npy
elman inspect language.safetensors language_x.npy \
    --target-file language_y.npy --only errors --quiet | head -n 1

# a softmax at the end, sequences that end before others, and tokens that are
# answered by something else than the next one
cp "$CASES/../golden/memory/"tagger* "$CASES/../golden/memory/"classifier* .
ints n.npy '(2,)' 6 3
ints classes.npy '(6,2)' 0 1 2 0 1 2 0 1 2 0 1 2
ints one.npy '(2,)' 0 1
tagger='tagger.safetensors tagger_x.npy --quiet --steps-first'
order='--layers embed,lstm,head,softmax'
look $tagger $order
elman inspect $tagger $order --lengths n.npy --target-file classes.npy \
    --only errors | sed -n '2p; /^loss/s/.*, //p'
elman inspect $tagger $order --only flow --quiet | grep -E '^layer'
elman inspect classifier.safetensors classifier_x.npy --steps-first --only errors \
    --layers embed,lstm,last,head,softmax --target-file one.npy | grep -c '^loss'
elman eval $tagger classes.npy $order | cut -c 1-25
elman eval $tagger classes.npy --layers embed,lstm,head | cut -c 1-25
elman inspect $tagger $order --lengths tagger_x.npy
elman inspect tagger.safetensors $order --lengths n.npy --quiet
elman convert tagger.safetensors tagger.onnx.safetensors --quiet $order
elman verify tagger.onnx.safetensors --reference tagger_x.npy tagger_y.npy |
    tail -n 1
