# what can be combined is combined: each line trains, and its model is used
. "$CASES/data.sh"
make_series 24; make_text 30; make_table 120
try() {
    elman train "$@" --epochs 2 --quiet -o model && elman info model |
        sed -n 's/^layers  *//p'
}
try series.tsv --cell lstm --hidden 8,6 --bidirectional --peephole --coupled \
    --clip-gates 20 --layer-norm --dropout 0.3 --variational --zoneout 0.1 \
    --zoneout-cell 0.1 --recurrent-dropout 0.1 --learned-state \
    --forget-bias 1 --init xavier-uniform --init-hidden orthogonal:1.1 \
    --init-bias constant:0.1 --optimizer sgd --momentum 0.9 --nesterov \
    --label-smoothing 0.1 --class-weights 1,2 --clip-value 1 \
    --schedule plateau --plateau-patience 1 --warmup 3
elman predict model series.tsv | wc -l
try series.tsv --cell rnn --nonlinearity relu --hidden 8 --reverse \
    --init-hidden identity --optimizer rmsprop --centered --flavour keras \
    --schedule exponential --gamma 0.5 --no-bias --no-shuffle --no-buckets
try series.tsv --hidden 8 --reset-before --bidirectional \
    --optimizer adagrad --lr-decay 0.1 --weight-decay 0.01
try text.txt --unit words --min-count 2 --hidden 8 --proj 4 --chrono 50 \
    --k1 8 --k2 16 --batch 2 --optimizer adamw --amsgrad --weight-decay 0 \
    --schedule cosine
elman sample model --length 5 | wc -l
try text.txt --unit bytes --hidden 8 --fresh-state --k1 8 --k2 4 --batch 2 \
    --steps 5 --evaluate-every 2 --schedule step --period 1
try table.csv --target load,heat --window 6 --horizon 3 --hidden 8 \
    --loss huber --huber-delta 0.5 --validation 0.3
elman predict model table.csv | tail -1 | tr ',' '\n' | wc -l
try table.csv --loss mae --validation 0 --no-scaling --hidden 8
try table.csv --task track --target heat --hidden 8 --bidirectional \
    --merge average
