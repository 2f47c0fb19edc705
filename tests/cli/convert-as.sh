# a model from elsewhere gets what it needs to take people's data
. "$CASES/data.sh"
golden=$CASES/../golden/state
cp "$golden/language.pt" "$golden/final.pt" "$golden/final_x.npy" .

# tokens in their own order, a line each: characters
printf '%s\n' z a '\n' ' ' e t h c s n '<pad>' >vocab.txt
elman convert language.pt language.safetensors --quiet --as language \
    --encoding vocab.txt
elman info language.safetensors | grep ^task
printf 'the cat\n\nchase\n' >text.txt
elman predict language.safetensors text.txt | wc -l
elman eval language.safetensors text.txt | head -n 1

# which are the same numbers as without a text
printf 'the cat\n' >line.txt
elman eval language.safetensors line.txt | head -n 1
ints x.npy '(7,)' 5 6 4 3 7 1 5
ints y.npy '(7,)' 6 4 3 7 1 5 2
elman eval language.pt x.npy y.npy

# and can be drawn from, looked into and learned on
elman sample language.safetensors --length 20 --prompt the | wc -l
elman inspect language.safetensors text.txt --only flow --quiet >report
head -n 1 report | cut -c -40
elman train text.txt --init-from language.safetensors --epochs 1 --quiet &&
    ls text.safetensors

# words without the blanks between them
printf '%s\n' the cat '<eos>' '<unk>' a sat on mat , . b >words.txt
elman convert language.pt words.safetensors --quiet --as language \
    --encoding words.txt
elman info words.safetensors | grep ^task
elman sample words.safetensors --length 6 --prompt 'the cat' | head -n 1 |
    grep -c '^the cat'
elman predict words.safetensors text.txt | wc -l

# classes: the softmax at the end is not what they are read from
printf '%s\n' left right straight >labels.txt
printf 'mean,scale\n0,1\n1,2\n-1 0.5\n' >scaling.txt
elman convert final.pt classes.safetensors --quiet --layers \
    gru,final,head,softmax --as classify --labels labels.txt --scaling scaling.txt
elman info classes.safetensors | grep -E '^(task|layers)'
elman convert final.pt plain.safetensors --quiet --layers gru,final,head \
    --as classify --labels labels.txt --scaling scaling.txt
elman predict classes.safetensors final_x.npy --probabilities >answers
elman predict plain.safetensors final_x.npy --probabilities | cmp - answers
sed 's/0\.[0-9]*/N/g' answers

# values, in the units of the data
printf 'a,0,1\nb,0,1\nc,0,1\n' >columns.txt
printf 'x,100,10\ny,0,1\nz,0,1\n' >targets.txt
elman convert final.pt values.safetensors --quiet --layers gru,final,head \
    --as regress --target-scaling targets.txt
elman predict values.safetensors final_x.npy -o values.npy
elman predict values.safetensors final_x.npy --scaled -o scaled.npy
numbers values.npy >in_units && numbers scaled.npy | paste in_units - | awk '
    { want = NR % 3 == 1 ? 100 + 10 * $2 : $2; d = $1 - want
      if (d * d > 1e-6) far++ } END { print NR - far " are near" }'
elman convert final.pt forecast.safetensors --quiet --layers gru,final,head \
    --as forecast --window 4 --scaling columns.txt --target-scaling targets.txt
awk 'BEGIN { print "c,b,a,x,y,z"
    for (n = 0; n < 9; n++) print n "," n % 3 "," n % 2 ",1,2,3" }' >table.csv
elman predict forecast.safetensors table.csv | wc -l

# what does not fit is said with both sizes
try() { elman convert "$@" --quiet; echo "$?"; }
out=out.safetensors
try language.pt $out --as language
printf '%s\n' a b c >few.txt
try language.pt $out --as language --encoding few.txt
try language.pt $out --as language --encoding bytes
printf 'a\n\nb\n' >gap.txt
printf '{"a": 0, "b": 1}\n' >vocab.json
try language.pt $out --as language --encoding vocab.json
try language.pt $out --as language --encoding gap.txt
sed 's/<pad>/z/' vocab.txt >twice.txt
try language.pt $out --as language --encoding twice.txt
try language.pt $out --as classify --labels labels.txt
try language.pt $out --encoding vocab.txt
try language.pt out.onnx --as language --encoding vocab.txt
set -- final.pt $out --layers gru,final,head
try "$@" --as language --encoding vocab.txt
try "$@" --as classify
try "$@" --as classify --labels few.txt --scaling targets.txt --window 3
try "$@" --as classify --labels vocab.txt
try "$@" --as tag --labels labels.txt
try "$@" --as forecast
try "$@" --as forecast --window 4 --horizon 2
try "$@" --as forecast --window 4
try "$@" --as regress --scaling few.txt
try "$@" --as regress --scaling missing.txt
ls out* 2>/dev/null
elman sample language.pt
