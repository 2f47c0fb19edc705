# a model from elsewhere held against arrays
. "$CASES/data.sh"
golden=$CASES/../golden/state
cp "$golden"/lstm[._]* "$golden"/language[._]* .
for name in lstm language; do
    elman convert $name.pt $name.safetensors --reference ${name}_x.npy \
        ${name}_y.npy >/dev/null
done
elman eval lstm.safetensors lstm_x.npy lstm_y.npy | sed 's/[0-9.e-]\{6,\}/N/g'
elman eval language.safetensors language_x.npy language_y.npy --json --loss huber |
    sed 's/[0-9.e-]\{9,\}/N/g'

# classes of each step; -100 is none
ints x.npy '(4,)' 3 1 4 1
ints y.npy '(4,)' 2 0 7 7
elman eval language.safetensors x.npy y.npy
elman eval language.safetensors x.npy y.npy --loss mse
elman eval language.safetensors x.npy
ints few.npy '(3,)' 2 0 7
elman eval language.safetensors x.npy few.npy
ints far.npy '(4,)' 2 0 7 11
elman eval language.safetensors x.npy far.npy
elman eval language.safetensors x.npy y.npy --plot

