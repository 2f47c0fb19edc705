# how long a run is: enough steps for little data, and as long as was asked for
. "$CASES/data.sh"
make_series 40
steps() { elman train series.tsv --hidden 2 --json --quiet -o m.safetensors "$@" |
    grep -o '"steps":[0-9]*,"best_step":[0-9]*'; echo "  $*"; }
# nothing validates: the last weights are kept
steps
steps --epochs 3
# to classify longer sequences takes longer, within a bound
mv series.tsv short.tsv
for times in 4 20; do
    repeat $times <short.tsv >series.tsv
    steps --no-bidirectional
done
sed 's/^early/1.5/; s/^late/2.5/' short.tsv >series.tsv
steps --task regress
mv short.tsv series.tsv
# a rate that moves nothing: 20 evaluations and 500 steps without improvement,
# where no schedule has a shape to be run out
steps --validation 0.25 --lr 1e-30 --schedule constant
steps --validation 0.25 --lr 1e-30 --patience 4
steps --validation 0.25 --lr 1e-30 --patience 40steps
steps --validation 0.25 --lr 1e-30 --patience 4,40steps
steps --validation 0.25 --lr 1e-30 --patience never
# a length that was asked for
steps --validation 0.25 --lr 1e-30 --epochs 400
steps --validation 0.25 --lr 1e-30 --epochs 400 --patience 4
steps --validation 0.25 --lr 1e-30 --steps 801
steps --validation 0.25 --lr 1e-30 --schedule cosine
steps --validation 0.25 --patience 4,4
steps --validation 0.25 --patience 4s
# whole streams of a text, and windows longer than it
make_text 10
for k1 in whole 1000000; do
    elman train text.txt --hidden 4 --batch 3 --epochs 1 --k1 $k1 -o t.safetensors 2>&1 |
        grep -o 'run .* an epoch'
done
