# classifiers and taggers of tokens take texts: the answers are PyTorch's, for
# the tokens of tagger_x.npy and classifier_x.npy as words
. "$CASES/data.sh"
cp "$CASES/../golden/memory/tagger"* "$CASES/../golden/memory/classifier"* .
printf '%s\n' '<unk>' the cat sat on a mat dog ran >vocab.txt
printf '%s\n' D N V >labels.txt
tag='--as tag --encoding vocab.txt --labels labels.txt --layers embed,lstm,head,softmax'
classify='--as classify --encoding vocab.txt --labels labels.txt --layers embed,lstm,last,head,softmax'
elman convert tagger.safetensors tag.safetensors --quiet $tag
elman convert classifier.safetensors class.safetensors --quiet $classify
elman info class.safetensors | grep -E '^(texts|gives|proof)'
elman info tag.safetensors | grep '^texts'

# a text to a label, its tokens to one each
printf 'cat cat mat the ran the\ncat dog sat sat ran ran\n' >two.txt
elman predict class.safetensors two.txt
elman predict class.safetensors --probabilities <two.txt
elman predict class.safetensors two.txt --json
echo 'a on mat on the ran' | elman predict tag.safetensors
elman predict class.safetensors classifier_x.npy --quiet | wc -l

# how often they are right
printf 'D\tcat cat mat the ran the\nN\tcat dog sat sat ran ran\n' >right.txt
elman eval class.safetensors right.txt
elman eval class.safetensors right.txt --json
printf 'V V V V V D\ta on mat on the ran\n' | elman eval tag.safetensors -

# inside
elman inspect tag.safetensors --text 'the cat sat' --only flow --quiet |
    sed -n '1,2p'

# what does not fit
try() { elman convert "$@" --quiet --layers embed,lstm,last,head; }
try classifier.safetensors x.safetensors --as classify --labels labels.txt
try classifier.safetensors x.safetensors --as classify --labels vocab.txt \
    --encoding vocab.txt
try classifier.safetensors x.safetensors --as classify --labels labels.txt \
    --encoding labels.txt
try classifier.safetensors x.safetensors --as regress --encoding vocab.txt
try classifier.safetensors x.safetensors --as classify --labels labels.txt \
    --encoding vocab.txt --scaling labels.txt
elman eval tag.safetensors two.txt
printf 'V V\ta on mat\n' | elman eval tag.safetensors -
printf 'V V V V\ta on mat\n' | elman eval tag.safetensors -
printf 'X\ta on mat\n' | elman eval class.safetensors -
elman predict class.safetensors two.txt --output y.csv
elman inspect tag.safetensors --text cat
ls x.safetensors
