# a model from elsewhere runs at once: arrays in, arrays out
. "$CASES/data.sh"
golden=$CASES/../golden/state
cp "$golden"/*_x.npy "$golden/language.pt" .
elman convert language.pt language.safetensors >/dev/null
elman convert "$golden/lstm.safetensors" lstm.safetensors --quiet
elman convert "$golden/gru_prefix.safetensors" gru_prefix.safetensors --quiet \
    --batch-first
elman convert "$golden/final.safetensors" final.safetensors --quiet \
    --layers gru,final,head,log_softmax
for model in language.safetensors lstm.safetensors gru_prefix.safetensors \
    final.safetensors; do
    name=${model%.*}
    elman predict $model ${name}_x.npy -o $name.npy
    compare $name.npy "$golden/${name}_y.npy"
done

# one step at a time, with threads, after a conversion: the same bits
elman predict language.safetensors language_x.npy -o steps.npy --stream --threads 2 --json
cmp language.npy steps.npy && echo the same bits

# so does every recorded model that streams and says its own order
for file in "$golden"/*.pt; do
    name=$(basename "$file" .pt)
    [ -e ${name}_x.npy ] || continue
    elman convert "$file" model.safetensors --quiet 2>error || continue
    elman predict model.safetensors ${name}_x.npy -o whole.npy --quiet
    elman predict model.safetensors ${name}_x.npy -o steps.npy --stream --quiet \
        2>error || continue
    cmp whole.npy steps.npy || echo $name has other bits step by step
done

# lines in, lines out; a blank line begins another sequence
printf '3\n1\n4\n\n3\n' | elman predict language.safetensors >lines
sed -n '1p;4,5p' lines | awk '{ print NF }'
[ "$(sed -n 1p lines)" = "$(sed -n 5p lines)" ] && echo begun anew
printf '3\n1\n4\n\n3\n' >tokens.txt
elman predict language.safetensors tokens.txt | cmp - lines
elman predict language.safetensors tokens.txt --json | head -n 1 | cut -c -40
ints tokens.npy '(3,)' 3 1 4
sed 3q lines >three
elman predict language.safetensors tokens.npy | cmp - three
elman predict final.safetensors tokens.txt --stream

# sequences of their own lengths give what each gives alone
ints ends.npy '(3,2)' 3 3 1 1 4 9
ints lengths.npy '(2,)' 3 2
elman predict language.safetensors ends.npy --lengths lengths.npy >both
elman predict language.safetensors ends.npy --lengths lengths.npy --stream |
    cmp - both
{ sed 4q lines; sed 2q lines; } | cmp - both && echo each alone

# from a memory, and what is left of it
ints begin.npy '(2,)' 3 1
ints rest.npy '(1,)' 4
sed 2q lines >two
elman predict language.safetensors begin.npy --state-output left | cmp - two
ls left
elman predict language.safetensors rest.npy --state lstm.h_0=left/lstm.h_n.npy \
    --state lstm.c_0=left/lstm.c_n.npy >from_arrays
elman predict language.safetensors begin.npy --state-output left.safetensors \
    -o begun.npy
elman predict language.safetensors rest.npy --state left.safetensors >from_file
cmp from_arrays from_file
sed -n 3p lines | cmp - from_file && echo gone on
printf '4\n' | elman predict language.safetensors --state left.safetensors \
    --state-output left | cmp - from_file

# a file that does not record how it is computed says so, and which axis is
# which is not guessed
ints alone.npy '(3,)' 3 1 4
elman predict language.pt alone.npy | cmp - three
elman predict language.pt ends.npy

# what is said of mistakes; every line but the last is no answer
try() { elman predict "$@"; echo "$?"; }
try language.safetensors lstm_x.npy
try language.safetensors tokens.npy --output y.csv
try language.safetensors tokens.npy --probabilities
try language.safetensors tokens.npy --target lstm.npy
try language.safetensors tokens.npy --header
try language.safetensors tokens.npy --state h=left/lstm.h_n.npy
try language.safetensors tokens.npy --state h
try language.safetensors tokens.npy --state lstm.h_0=begun.npy
try language.safetensors tokens.npy --lengths lengths.npy
try language.safetensors tokens.txt --lengths lengths.npy
try language.safetensors tokens.txt -o y.npy
try language.safetensors tokens.npy --state-output tokens.npy
echo 11 | try language.safetensors
echo 1 2 | try language.safetensors
echo one | try language.safetensors
try language.safetensors - <tokens.npy
ints far.npy '(1,)' 11
try language.safetensors far.npy
elman run language.safetensors
ls left
