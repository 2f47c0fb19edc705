# what people type first, and what they are told
. "$CASES/data.sh"
cp "$CASES/../golden/state/lstm"[._]* "$CASES/../golden/memory/words"* .
elman convert lstm.pt m.safetensors --quiet --reference lstm_x.npy lstm_y.npy
elman convert words.safetensors w.safetensors --quiet 2>/dev/null

# words in another order, files of another kind
elman predict lstm_x.npy m.safetensors
printf 'a,b\n1,2\n' >table.csv
elman predict table.csv m.safetensors
elman predict m.safetensors lstm_x.npy y.npy
elman verify m.safetensors lstm_x.npy lstm_y.npy
elman predict m.safetensors lstm.pt
elman eval m.safetensors table.csv lstm_y.npy
elman predict m.safetensors table.csv
elman eval m.safetensors lstm_x.npy --target-file lstm_y.npy
elman compare lstm.pt
elman inspect w.safetensors --text hello

# shapes, numbers and lengths
ints first.npy '(3,4,6)' $(seq 72)
ints deep.npy '(1,6,3,4)' $(seq 72)
ints step.npy '(4,)' 1 2 3 4
elman predict m.safetensors first.npy
elman predict m.safetensors deep.npy
elman predict m.safetensors step.npy
elman predict m.safetensors lstm_x.npy --lengths 6,3,2
elman predict w.safetensors words_x.npy -o w.npy
elman predict lstm.pt lstm_x.npy -o w.npy --steps-first

# weights that are tied, beside a bias that is its own
cp "$CASES/../golden/memory/tied"* .
elman info tied.safetensors | grep -E '^(layers|converts)'
elman convert tied.safetensors t.safetensors --reference tied_x.npy tied_y.npy \
    --state rnn.h_0=tied_h_0.npy --state rnn.c_0=tied_c_0.npy \
    --state rnn.h_n=tied_h_n.npy | tail -n 1 | cut -d ' ' -f 1
elman convert tied.safetensors part.safetensors --layers encoder,rnn
