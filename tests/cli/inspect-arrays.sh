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
elman inspect language.safetensors language_x.npy --target-file language_y.npy
echo $?
