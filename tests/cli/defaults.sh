# what is trained, and how long, where no option says so
. "$CASES/data.sh"
plan() { elman train "$@" --plan --threads 1 | grep -E '^(model|run) '; }
# one answer for a whole sequence: both ways, small steps of few sequences
make_series 60
plan series.tsv
plan series.tsv --no-bidirectional
plan series.tsv --reverse --pool last
repeat 4 <series.tsv >long.tsv
plan long.tsv
make_series 1200
plan series.tsv --bidirectional
# a stream goes one way
make_table 300
plan table.csv --target load --horizon 2
plan table.csv --task track --target heat
make_text 60
plan text.txt
# the rate falls to 0 at the end of a run that has one
make_series 40
for end in '' '--epochs 3' '--epochs 3 --schedule constant' \
    '--epochs unlimited --seconds 0.2'; do
    elman train series.tsv --hidden 2 --quiet --metrics log --metrics-every 1 \
        -o m.safetensors $end --threads 1 >/dev/null
    grep -o '"learning_rate":[0-9.e-]*' log | tail -1 |
        sed "s/$/ ${end:-as it is}/"
done
