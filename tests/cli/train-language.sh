# a text is learned, sampled, measured; the same seed gives the same bits
. "$CASES/data.sh"
make_text
elman train text.txt --hidden 32 --embedding 8 --epochs 12 --batch 4 --k1 16 \
    --lr 0.01 --threads 2 --quiet
ls
elman sample text.safetensors --length 90 --temperature 0 --prompt 'the quick'
elman sample text.safetensors --length 40 --temperature 3 --seed 5 >one
elman sample text.safetensors --length 40 --temperature 3 --seed 5 >two
elman sample text.safetensors --length 40 --temperature 3 --seed 6 >three
cmp one two && ! cmp -s one three && wc -c <one
elman eval text.safetensors text.txt --json | sed 's/"loss".*"perplexity"/"perplexity"/; s/:[0-9.]*[0-9]/:N/g'
printf 'the lazy dog\nthe quick brown fox jumps over the lazy dog;\n\n' |
    elman predict text.safetensors | awk '{ print ($1 == "-" ? "-" : $1 < 0.5 ? "known" : "unknown") }'
printf 'the dog\nTHE DOG\n' | elman predict text.safetensors >/dev/null
echo $?
elman sample text.safetensors --prompt 'Quick'
echo $?
elman train text.txt --hidden 32 --embedding 8 --epochs 12 --batch 4 --k1 16 \
    --lr 0.01 --threads 1 --quiet -o again.safetensors
cmp text.safetensors again.safetensors && echo the same bits

# rare words become <unk>, which need not be drawn
elman train text.txt --unit words --min-count 100 --hidden 16 --epochs 1 \
    --quiet -o words
elman sample words --length 50 --temperature 1 | grep -c '<unk>'
elman sample words --length 50 --temperature 1 --no-unknown | grep -c '<unk>'
elman sample text.safetensors --no-unknown
