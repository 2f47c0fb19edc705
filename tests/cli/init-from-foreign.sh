# training goes on from models of other systems
. "$CASES/data.sh"
golden=$CASES/../golden
cp "$golden/state/language.pt" "$golden/state/final.pt" .
begin() { elman train "$@" --epochs 1 2>&1 | grep -E '^(elman|begun|[0-9]+ of|it |task|model)'; }

# a text, whose characters it does not know by name, and one that it does
printf 'the cat\nchase\nthe cat\n' >text.txt
begin text.txt --init-from language.pt
printf '%s\n' z a '\n' ' ' e t h c s n x >vocab.txt
elman convert language.pt known.safetensors --quiet --as language \
    --encoding vocab.txt
begin text.txt --init-from known.safetensors -o text.safetensors

# values of three inputs, and one answer to a sequence
ints x.npy '(8,3,3)' $(awk 'BEGIN { for (n = 0; n < 72; n++) print n * 7 % 11 }')
ints y.npy '(8,)' 0 1 2 0 1 2 0 1
elman convert final.pt final.safetensors --quiet \
    --layers gru,final,head,log_softmax --batch-first
begin x.npy --target-file y.npy --init-from final.safetensors --task classify
begin x.npy --target-file y.npy --init-from final.pt --task classify -o other
elman info x.safetensors | grep -E '^(reads|layers)'

# what has no head for the data, or is none
begin text.txt --init-from x.npy
elman convert "$golden/state/gru_prefix.pt" gru.safetensors --quiet \
    --reference "$golden/state/gru_prefix_x.npy" "$golden/state/gru_prefix_y.npy" \
    --batch-first
begin x.npy --target-file y.npy --init-from gru.safetensors --task classify
ints steps.npy '(8,3)' $(awk 'BEGIN { for (n = 0; n < 24; n++) print n % 3 }')
begin x.npy --target-file steps.npy --init-from gru.safetensors --task tag
